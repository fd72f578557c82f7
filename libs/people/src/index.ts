export { Erasures } from './erasures.js';
export * from './people.controller.js';
export * from './people.module.js';
