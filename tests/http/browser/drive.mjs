/* Opens a page in Chromium and prints, as JSON, what the page saw.
 *
 *     node drive.mjs URL PLAYWRIGHT PROFILE FLAG... */
import { launch } from "./launch.mjs";

const [url, ...rest] = process.argv.slice(2);
const browser = await launch(rest);

try {
    const page = await browser.newPage();

    await page.goto(url);
    await page.waitForFunction(() => window.seen !== undefined);
    console.log(JSON.stringify(await page.evaluate(() => window.seen)));
} finally {
    await browser.close();
}
