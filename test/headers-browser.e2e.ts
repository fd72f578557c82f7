import type { Browser, Page } from 'playwright-core';
import { chromium, describeInBrowser } from './browser-demo.js';
import { launchChromium } from './chromium.js';
import { tokenFor } from './client.js';
import { TestService } from './service.js';

describeInBrowser('under its content security policy', () => {
  let service: TestService;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    service = await TestService.start({}, { apps: ['api'] });
    browser = await launchChromium(chromium!);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
    complaints = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
  });
  afterEach(() => page.close());

  it('Swagger UI shows the operations', async () => {
    await page.goto(`${service.baseUrl}/docs`);
    await page.locator('#operations-goals-createGoal').waitFor();
    await page.locator('#operations-goals-createGoal button').first().click();
    await page.getByText('Idempotency-Key').first().waitFor();
    expect(complaints).toEqual([]);
  });

  it('the queue board asks for a token, and shows the queues', async () => {
    await page.goto(`${service.baseUrl}/admin/queues`);
    await page.getByLabel('Token of an admin').fill(await tokenFor('ops', ['admin']));
    complaints.length = 0;
    await page.getByRole('button', { name: 'Open the board' }).click();
    await page.getByText('create_goal').first().waitFor();
    // The one thing that it would load from elsewhere; it does as well without.
    expect(complaints.filter((complaint) => !complaint.includes('fonts.googleapis.com'))).toEqual([]);
  });
});
