import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { BindingStore } from './binding.store.js';
import { SessionController } from './session.controller.js';
import { SessionReader, SessionStore } from './session.store.js';
import { SESSION_MODEL, sessionSchema } from './session.schema.js';

/** Sessions and their bindings, for every process. */
@Module({
  imports: [MongooseModule.forFeature([{ name: SESSION_MODEL, schema: sessionSchema }])],
  providers: [SessionStore, BindingStore, SessionReader],
  exports: [SessionStore, BindingStore, SessionReader],
})
export class SessionsModule {}

/** The endpoints of sessions, for the api. */
@Module({ imports: [SessionsModule], controllers: [SessionController] })
export class SessionsApiModule {}
