/* Somebody logs in through a page, uses the session, meets a page of somebody
 * else's, and logs out. Prints, as JSON, what each step came to.
 *
 *     node sign_in.mjs HOME EVIL LOGIN PASSWORD PLAYWRIGHT PROFILE FLAG...
 *
 * HOME and EVIL are origins. */
import { launch } from "./launch.mjs";

const [home, evil, login, password, ...rest] = process.argv.slice(2);
const browser = await launch(rest);
const seen = {};

/* Asks from within the page, as its scripts would: the status. */
const ask = (page, method, url, content) =>
    page.evaluate(async ([method, url, content]) => {
        try {
            const response = await fetch(url, {
                method,
                credentials: "include",
                headers: content && { "Content-Type": "application/json" },
                body: content && JSON.stringify(content),
            });
            return response.status;
        } catch (error) {
            return String(error.name);
        }
    }, [method, url, content]);

async function fill(page, who, secret) {
    await page.fill("[name=email]", who);
    await page.fill("[name=password]", secret);
    const [response] = await Promise.all([page.waitForNavigation(), page.click("button")]);

    return response.status();
}

async function logIn(page) {
    await page.goto(`${home}/login.html`);
    seen.wrong = await fill(page, login, `${password}?`);
    await page.goto(`${home}/login.html`);
    seen.right = await fill(page, login, password);
    seen.led_to = page.url();
    seen.shown = await page.textContent("body");
    seen.cookies = await browser.cookies(home);
    await page.goto(`${home}/login.html`);
    seen.script_sees = await page.evaluate(() => document.cookie);
    seen.mine = await ask(page, "GET", "/mine");
    seen.cart = await ask(page, "PUT", "/cart", { items: ["a"] });
}

async function meetEvil(page) {
    await page.goto(`${evil}/evil.html`);
    seen.evil_reads = await ask(page, "GET", `${home}/cart`);
    seen.evil_writes = await ask(page, "PUT", `${home}/cart`, { items: ["b"] });
    await page.evaluate((to) => { document.forms[0].action = to; }, `${home}/form`);
    seen.evil_logs_in = await fill(page, "mallory@example.org", "correct horse");
    /* A link to the site is followed with its session: SameSite=Lax. */
    await page.goto(`${evil}/evil.html`);
    await page.evaluate((to) => { document.links[0].href = to; }, `${home}/form`);
    const [response] = await Promise.all([page.waitForNavigation(), page.click("a")]);

    seen.link_from_evil = response.status();
    await page.goto(`${home}/login.html`);
    seen.items = await page.evaluate(async () => (await (await fetch("/cart")).json()).items);
}

async function logOut(page) {
    seen.out = await ask(page, "DELETE", "/session");
    seen.left = await browser.cookies(home);
    seen.after = await ask(page, "GET", "/mine");
}

try {
    const page = await browser.newPage();

    await logIn(page);
    await meetEvil(page);
    await logOut(page);
} catch (error) {
    seen.error = String(error);
} finally {
    console.log(JSON.stringify(seen));
    await browser.close();
}
