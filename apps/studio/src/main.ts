// The studio: a page that shows what smashing does to pictures.
import '@damson/page/page.css'
import './style.css'
import { createPage } from './page.ts'
import { startStudio } from './studio-client.ts'

const place = document.querySelector('#page')
if (place) createPage(startStudio(), place)
