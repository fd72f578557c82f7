import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { AuditController } from './audit.controller.js';
import { AuditLog } from './audit-log.store.js';
import { AUDIT_MODEL, auditSchema } from './audit.schema.js';

/** The audit log, for every module whose acts have lines in it. */
@Module({
  imports: [MongooseModule.forFeature([{ name: AUDIT_MODEL, schema: auditSchema }])],
  providers: [AuditLog],
  exports: [AuditLog],
})
export class AuditModule {}

/** The endpoint that shows the audit log, for the api. */
@Module({ imports: [AuditModule], controllers: [AuditController] })
export class AuditApiModule {}
