import time, pytest
from .conftest import PASSWORD
def shot(v, n): v.driver.save_screenshot(f"/tmp/shot-{n}.png")
def test_it(visitor, emulator, ada):
    v = visitor
    t=time.time()
    v.open("/dashboard/")
    print(v.driver.current_url)
    try:
        v.until("return [...document.getElementsByName('identifier')].find(seen)")
        shot(v,"signin"); print("box", time.time()-t)
        v.sign_in("ada@example.com", PASSWORD)
        v.arrives("/dashboard/"); v.reads("Good to see you, Ada"); print("in", time.time()-t)
        v.has_clerk(); time.sleep(2)
        shot(v,"dashboard")
        print(v.asks("/api/me/"))
        print(v.run("await (await clerkFetch('/api/me/')).json()"))
        print(v.run("await clerkFetch('https://evil.example/')"))
        v.press("Open user menu"); time.sleep(1); shot(v,"menu")
    finally:
        shot(v,"last"); print(v.driver.current_url, v.text[:1500])
        for e in v.driver.get_log("browser"): print(e["level"], e["message"][:300])
