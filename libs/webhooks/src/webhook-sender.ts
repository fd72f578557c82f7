import { Clock } from '#platform';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { Webhook } from 'standardwebhooks';
import type { Outcome } from './delivery.store.js';
import { TargetGuard } from './target-guard.js';
import type { DeliveryRecord, WebhookRecord } from './webhook.schema.js';
import { secretsAt } from './webhook.store.js';

/** How long a receiver may take for its whole answer. */
export const attemptMs = 10_000;

/** How much of an answer is read, in bytes. */
const mostRead = 64 * 1024;

/** Unused connections are closed after that. */
const idleMs = 15_000;

/** Makes the calls of webhooks, signed as the Standard Webhooks specification has it. Redirects are not followed. */
@Injectable()
export class WebhookSender implements OnApplicationShutdown {
  private readonly http = new Agent({ keepAlive: true, timeout: idleMs });
  private readonly https = new TlsAgent({ keepAlive: true, timeout: idleMs });

  constructor(
    private readonly guard: TargetGuard,
    private readonly clock: Clock,
  ) {}

  onApplicationShutdown(): void {
    this.http.destroy();
    this.https.destroy();
  }

  /** Makes one attempt. Never throws: the outcome has an error unless the receiver has taken the event. */
  async send(webhook: WebhookRecord, delivery: Pick<DeliveryRecord, 'event_id' | 'body'>): Promise<Outcome> {
    try {
      const url = this.guard.check(webhook.url);
      const status = await this.post(url, this.headersOf(webhook, delivery), delivery.body);
      return { status, error: faultOf(status) };
    } catch (error) {
      return { status: null, error: messageOf(error as Error) };
    }
  }

  private headersOf(
    { secrets }: WebhookRecord,
    { event_id, body }: Pick<DeliveryRecord, 'event_id' | 'body'>,
  ) {
    const now = this.clock.now();
    const signatures = secretsAt(secrets, now).map(({ secret }) =>
      new Webhook(secret).sign(event_id, now, body),
    );
    return {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'goalpost',
      'webhook-id': event_id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signatures.join(' '),
    };
  }

  /**
   * The status of the answer, once all of it was read. Made of plain listeners and one timer: an AbortSignal and an iterator
   * for each call cost as much as the rest of it.
   */
  private post(url: URL, headers: OutgoingHttpHeaders, body: string, isRepeated = false): Promise<number> {
    const isTls = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (isTls ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        headers,
        agent: isTls ? this.https : this.http,
        lookup: this.guard.lookupFor(url),
      });
      const fail = (error: Error) => {
        clearTimeout(deadline);
        reject(error);
        request.destroy();
      };
      const deadline = setTimeout(
        () => fail(new Error(`no whole answer within ${attemptMs / 1000} s`)),
        attemptMs,
      );
      request.once('response', (response) => {
        let read = 0;
        response.on('data', ({ length }: Buffer) => {
          read += length;
          if (read > mostRead) fail(new Error(`the answer is longer than ${mostRead} bytes`));
        });
        response.once('end', () => {
          clearTimeout(deadline);
          resolve(response.statusCode ?? 0);
        });
        response.on('error', fail);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The receiver had closed the connection just before it was used again.
        if (!request.reusedSocket || error.code !== 'ECONNRESET' || isRepeated) return fail(error);
        clearTimeout(deadline);
        resolve(this.post(url, headers, body, true));
      });
      request.end(body);
    });
  }
}

function faultOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `answered ${status}: redirects are not followed`;
  return `answered ${status}`;
}

/** What went wrong, without the URL, which may hold a secret. */
function messageOf({ name, message, code }: NodeJS.ErrnoException): string {
  if (name === 'ForbiddenTargetError') return `the URL ${message}`;
  return code ? `the connection failed: ${code}` : message.slice(0, 200);
}
