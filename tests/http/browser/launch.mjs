/* Chromium without a window, as all scripts here start it. */
import { createRequire } from "node:module";

/* `playwright` is the folder of playwright-core, `profile` one for the
 * browser. */
export async function launch([playwright, profile, ...flags]) {
    const { chromium } = createRequire(import.meta.url)(playwright);

    return chromium.launchPersistentContext(profile, {
        executablePath: process.env.VB_CHROMIUM ?? "/usr/bin/chromium",
        headless: true,
        args: [
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update",
            "--disable-sync", ...flags,
        ],
    });
}
