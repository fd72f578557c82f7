export { demoDocs } from './demo-docs.js';
export { DemoModule } from './demo.module.js';
