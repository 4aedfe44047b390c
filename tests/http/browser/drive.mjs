/* Opens a page in Chromium and prints, as JSON, what the page saw.
 *
 *     node drive.mjs PLAYWRIGHT URL PROFILE FLAG...
 *
 * PLAYWRIGHT is the folder of playwright-core, PROFILE one for the browser. */
import { createRequire } from "node:module";

const [playwright, url, profile, ...flags] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(playwright);
const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.VB_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update",
        "--disable-sync", ...flags,
    ],
});

try {
    const page = await browser.newPage();

    await page.goto(url);
    await page.waitForFunction(() => window.seen !== undefined);
    console.log(JSON.stringify(await page.evaluate(() => window.seen)));
} finally {
    await browser.close();
}
