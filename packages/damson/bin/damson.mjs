#!/usr/bin/env node
// The command. A committed file, so that package managers can link it before anything is built.
import '../dist/main.js'
