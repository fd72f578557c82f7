export { accessChangeVersion, type RuleAction } from './access-rule.schema.js';
export * from './access-rule.store.js';
export * from './contribution.store.js';
export * from './contributions.module.js';
export * from './settlement.store.js';
export { ShowViewers } from './show-viewers.js';
export { TicketStore } from './ticket.store.js';
