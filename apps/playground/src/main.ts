// The playground: a page that makes an ONNX file smaller without sending it anywhere.
import '@damson/page/page.css'
import './style.css'
import { createPage } from './page.ts'
import { startWorkshop } from './workshop.ts'

const place = document.querySelector('#page')
if (place) createPage(startWorkshop(), place)
