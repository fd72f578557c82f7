import { newId } from '#platform';
import { type ClientProxy, ClientProxyFactory, Transport } from '@nestjs/microservices';
import { SignJWT, UnsecuredJWT } from 'jose';
import { firstValueFrom } from 'rxjs';
import type { AccessRequest, CallerName } from './access-callers.js';
import { fundingBody, showBody, tokenFor, until } from './client.js';
import { JwksServer, makeKey, type SigningKey } from './jwks-server.js';
import { freePort } from './process.js';
import { TestService } from './service.js';
import { claims, hmac } from './token-cases.js';

const pusherEnv = {
  PUSHER_APP_ID: '1',
  PUSHER_KEY: 'key',
  PUSHER_SECRET: 'secret',
  PUSHER_HOST: '127.0.0.1',
};

/** One service that takes both kinds of tokens, with a streamer's session and goals; and an api of another one that has Pusher. */
export class AccessScene {
  readonly streamer = newId();
  session: string;
  sessionToEnd: string;
  goal: string;
  goalToCancel: string;
  webhook: string;
  overlay: string;
  /** A show that counts seconds. */
  show: string;
  service: TestService;
  private pusher: TestService;
  private key: SigningKey;
  private jwks: JwksServer;
  private proxy: ClientProxy;

  static async build(): Promise<AccessScene> {
    const scene = new AccessScene();
    scene.key = await makeKey('RS256', 'published');
    scene.jwks = new JwksServer([scene.key]);
    await scene.jwks.up();
    const keys = { JWT_JWKS_URL: scene.jwks.url };
    const port = await freePort();
    scene.service = await TestService.start({ ...keys, MESSAGING_URL: `tcp://127.0.0.1:${port}` });
    scene.pusher = await TestService.start({ ...keys, ...pusherEnv }, { apps: ['api'] });
    scene.proxy = ClientProxyFactory.create({ transport: Transport.TCP, options: { port } });
    await scene.fill();
    return scene;
  }

  private async fill(): Promise<void> {
    const client = this.service.client(this.streamer);
    const { body: webhook } = await this.service
      .client(newId(), ['admin'])
      .post<{ webhook_id: string }>('/webhooks', { url: 'https://192.0.3.1/hook' });
    this.webhook = webhook.webhook_id;
    this.session = await client.openSession();
    const { body: overlay } = await client.post<{ overlay_id: string }>(
      `/sessions/${this.session}/overlay-tokens`,
    );
    this.overlay = overlay.overlay_id;
    this.sessionToEnd = await client.openSession();
    await this.pusher.client(this.streamer).openSession();
    this.goal = await client.createGoal('show_funding', fundingBody(this.session));
    this.goalToCancel = await client.createGoal('show_funding', fundingBody(this.session));
    const { sessionId, fundingGoalId } = await client.openFundedSession();
    const { unit: _coins, ...body } = showBody(sessionId, fundingGoalId);
    this.show = await client.createGoal('show', body);
    for (const goal of [this.goal, this.goalToCancel, this.show])
      await until(async () => (await client.goal(goal)).status === 'active');
  }

  /** The status by which a caller is answered. */
  async status(caller: CallerName, request: AccessRequest): Promise<number> {
    const token = await this.tokenOf(caller);
    const authorization = token && `Bearer ${token}`;
    if ('pattern' in request) {
      const { pattern, message } = request;
      return firstValueFrom(this.proxy.send<unknown>(pattern, { ...message, authorization })).then(
        () => 200,
        ({ status }: { status: number }) => status,
      );
    }
    const { baseUrl } = request.pusher ? this.pusher : this.service;
    const response = await fetch(baseUrl + request.path, {
      method: request.method,
      redirect: 'manual',
      headers: {
        ...request.headers,
        ...(authorization && { authorization }),
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
      },
      body: JSON.stringify(request.body),
    });
    // A stream would go on.
    await response.body?.cancel();
    return response.status;
  }

  private async tokenOf(caller: CallerName): Promise<string | undefined> {
    // Those that do not hold claim all that there is to claim.
    const everything = { ...claims(this.streamer), roles: ['streamer', 'service', 'admin'] };
    const tokens: Record<CallerName, () => string | undefined | Promise<string>> = {
      'no token': () => undefined,
      expired: () => hmac({ ...everything, exp: everything.exp - 7200 }),
      'wrong signature': () => hmac(everything, 'a-secret-that-is-none-of-this-service'),
      'alg none': () => new UnsecuredJWT(everything).encode(),
      'public key as secret': () =>
        new SignJWT(everything)
          .setProtectedHeader({ alg: 'HS256', kid: this.key.kid })
          .sign(new TextEncoder().encode(this.key.pem)),
      viewer: () => tokenFor(newId(), []),
      'other streamer': () => tokenFor(newId(), ['streamer']),
      streamer: () => tokenFor(this.streamer, ['streamer']),
      service: () => tokenFor(newId(), ['service']),
      admin: () => tokenFor(newId(), ['admin']),
    };
    return tokens[caller]();
  }

  async stop(): Promise<void> {
    this.proxy?.close();
    await this.service?.stop();
    await this.pusher?.stop();
    await this.jwks?.down();
  }
}
