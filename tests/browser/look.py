"""Opens every page in both languages, light and dark, narrow and wide, and says what is wrong with it: violations that axe
finds, requests to elsewhere, violations of the policy, a page that scrolls sideways. Every number on the board and on
today's page has to equal the list that it opens; the worst item is urged with a few keys, and another accepted by keyboard alone; and what happens
while a page is open shows on it; and a clerk takes a session from its request to its minutes, by forms alone; a form outlives a sign-in, and a page says
when its server is away."""

import argparse
import itertools
import os
import re
import shutil
import sys
from pathlib import Path

import story
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LANGUAGES, THEMES, WIDTHS = ["zh-CN", "en"], ["light", "dark"], [320, 1280]
PAGE_KIB_MAX = 400
faults = []


def fault(what):
    print(f"FAULT: {what}")
    faults.append(what)


def chromium():
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        sys.exit("there is no chromium; tests/browser/run obtains one, and CHROMIUM names one")
    return found


def addresses(ids):
    """The pages, each with its address."""
    return {
        "today": "/today",
        "board": "/board",
        "board-past": "/board?position=60",
        "board-since": "/board?since=60",
        "due": "/due",
        "due-since": "/due?since=60",
        "due-past": "/due?position=60",
        "items": "/items?column=open",
        "found": "/items?q=管",
        "item": f"/items/{ids['item']}",
        "item-claimed": f"/items/{ids['claimed']}",
        "item-blocked": f"/items/{ids['blocked']}",
        "sessions": "/sessions",
        "session": f"/sessions/{ids['session']}",
        "resolutions": "/resolutions",
        "resolution": f"/resolutions/{ids['resolution']}",
        "matters": "/matters",
        "matter": f"/matters/{ids['matter']}",
        "indicators": "/indicators",
        "indicators-months": "/indicators?by=month",
        "indicators-bodies": "/indicators?by=body",
        "request-not-mine": "/sessions/new?body=RENEWAL",
        "week": "/week",
        "month": "/month",
        "timetables": "/timetables",
        "scorecards": "/scorecards",
        "targets": "/targets",
        "items-past": "/items?column=open&position=60",
        "chains": "/chains",
        "notices": "/notices",
        "calendars": "/calendars",
        "followed": "/calendars/followed",
        "proof": "/proof",
        "system": "/system",
        "access": f"/system?see={ids['session']}",
        "nothing": "/items/00000000-0000-0000-0000-000000000000",
    }


def sign_in(page, url, role, department):
    page.goto(f"{url}/sign-in")
    page.select_option("#role", role)
    page.fill("#department", department)
    page.locator("form:has(#role) button").click()
    page.wait_for_url("**/today")


def watched(context, url):
    """A page of which everything is noted that it must not do."""
    page = context.new_page()
    page.on("request", lambda request: request.url.startswith((url, "data:")) or fault(f"a request to {request.url}"))
    page.on("console", lambda said: said.type == "error" and not re.search("status of 40[04]", said.text) and fault(f"{page.url}: {said.text}"))
    return page


def look(browser, url, ids, whole, shots):
    """Every page in every form; in a short run, each language, theme and width is seen with each page, but not each
    combination."""
    forms = list(itertools.product(LANGUAGES, THEMES, WIDTHS))
    if not whole:
        forms = [("zh-CN", "light", 1280), ("en", "dark", 320)]
    axe = Axe()
    for language, theme, width in forms:
        context = browser.new_context(locale=language, color_scheme=theme, viewport={"width": width, "height": 900})
        page = watched(context, url)
        page.goto(f"{url}/sign-in")
        check(page, axe, f"sign-in {language} {theme} {width}", shots)
        sign_in(page, url, "supervisor", "OFFICE")
        for name, path in addresses(ids).items():
            answer = page.goto(url + path)
            if answer.status != (404 if name == "nothing" else 200):
                fault(f"{name}: {answer.status}")
            if len(answer.body()) > PAGE_KIB_MAX * 1024:
                fault(f"{name}: {len(answer.body())} bytes")
            form = f"{name} {language} {theme} {width}"
            check(page, axe, form, shots)
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            check(page, axe, f"{form} open", None)
        page.context.clear_cookies()
        sign_in(page, url, "clerk", "HOUSING")
        for name, path in of_a_clerk(ids).items():
            if page.goto(url + path).status != 200:
                fault(f"{name}: it is not there")
            check(page, axe, f"{name} {language} {theme} {width}", shots)
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            check(page, axe, f"{name} {language} {theme} {width} open", None)
        page.context.clear_cookies()
        sign_in(page, url, "auditor", "OFFICE")
        page.goto(f"{url}/system?see={ids['session']}")
        if page.locator("section#access tbody tr").count() < 9:
            fault(f"an auditor is not told who did look: {page.inner_text('section#access')}")
        check(page, axe, f"access-auditor {language} {theme} {width}", shots)
        context.close()


def of_a_clerk(ids):
    """What only those see who can do something there."""
    return {
        "request-body": "/sessions/new",
        "request": f"/sessions/new?body=RENEWAL&topic-1-matter={ids['waiting']}",
        "matters-clerk": "/matters",
        "matter-clerk": f"/matters/{ids['waiting']}",
        "session-clerk": f"/sessions/{ids['session']}",
    }


def check(page, axe, form, shots):
    if shots:
        page.screenshot(path=shots / f"{form.replace(' ', '-')}.png", full_page=True)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        fault(f"{form}: the page scrolls sideways")
    found = axe.run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    for violation in found.response["violations"]:
        for node in violation["nodes"]:
            fault(f"{form}: {violation['id']}: {node['html'][:200]} {node['failureSummary'][:300]}")


def count(browser, url):
    """Every number equals the list that it opens. There is no script here."""
    context = browser.new_context(locale="en", java_script_enabled=False)
    page = watched(context, url)
    sign_in(page, url, "supervisor", "OFFICE")
    seen = 0
    for path in ["/today", "/board", "/due", "/board?since=60", "/due?since=60"]:
        page.goto(url + path)
        links = page.locator("main a[href^='/items?']").all()
        for href, text in [(link.get_attribute("href"), link.inner_text()) for link in links]:
            number = re.search(r"\d+", text)
            if "column=" in href and number:
                rows = rows_of(page, url + href)
                if rows != int(number.group()):
                    fault(f"{path}: {text!r} opens {rows} rows: {href}")
                seen += 1
    page.goto(f"{url}/today")
    tasks, late = page.locator("li.task").count(), page.locator("section:has(#new) tbody tr").count()
    figures = [int(figure) for figure in page.locator(".figures b").all_inner_texts()]
    if figures[:2] != [tasks, late]:
        fault(f"/today says {figures[:2]}, and shows {tasks} and {late}")
    if seen < 20:
        fault(f"only {seen} numbers were found")
    context.close()


def rows_of(page, address):
    rows, answer = 0, page.request.get(address)
    while True:
        text = answer.text()
        rows += int(re.search(r'data-rows="(\d+)"', text).group(1))
        following = re.search(r'rel="next" href="([^"]+)"', text)
        if not following:
            return rows
        answer = page.request.get(re.sub(r"/items.*", "", address) + following.group(1).replace("&#38;", "&"))


def act_by_keyboard(browser, url):
    """From today's page to an urge and to an acceptance, by keyboard alone."""
    context = browser.new_context(locale="en")
    page = watched(context, url)
    sign_in(page, url, "supervisor", "OFFICE")
    for act, words, done in [("UrgeItem", "Today, please", "Urge"), ("AcceptWork", None, "Accept the work")]:
        page.goto(f"{url}/today")
        tab_to(page, f"main a[href$='#{act}']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/items/**")
        if not page.locator(f"#{act}").evaluate("form => form.open"):
            tab_to(page, f"#{act} > summary")
            page.keyboard.press("Enter")
        if words:
            tab_to(page, f"#{act} textarea")
            page.keyboard.type(words)
        tab_to(page, f"#{act} button")
        page.keyboard.press("Enter")
        page.wait_for_url("**done=**")
        if f"Recorded: {done}" not in page.inner_text(".notice"):
            fault(f"{act}: {page.inner_text('main')[:300]}")
    context.close()


def urge_the_worst(browser, url, supervisor):
    """A supervisor who never saw the pages is told at once which item is worst, and urges its holder with five keys and a
    sentence."""
    late = supervisor.get("/v1/follow-ups?columns=BOARD_COLUMN_LATE&pageSize=500")["followUps"]
    worst = min(late, key=lambda row: row["subject"]["dueOn"])
    context = browser.new_context(locale="en")
    page = watched(context, url)
    sign_in(page, url, "supervisor", "OFFICE")
    begin = page.locator(".lede a").nth(1)
    if begin.get_attribute("href") != f"/items/{worst['itemId']}":
        fault(f"today begins with {begin.inner_text()!r}, and the worst is {worst['subject']['title']!r}")
    page.keyboard.press("j")
    page.keyboard.press("u")
    page.wait_for_url(f"**/items/{worst['itemId']}#UrgeItem")
    page.keyboard.press("u")
    page.keyboard.type("Say today what stands in the way")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=**")
    seen = "one => one.getBoundingClientRect().top >= 0 && one.getBoundingClientRect().bottom <= innerHeight"
    if not page.locator("#notice").evaluate(seen):
        fault("what came of the urge is out of sight")
    lead = page.inner_text("main")
    if "Recorded: Urge" not in lead or "Say today what stands in the way" not in lead:
        fault(f"the holder of the worst item was not urged: {lead[:300]}")
    context.close()


def follow(browser, url, ids, supervisor):
    """What happens while a page is open shows on it, and takes neither the focus nor the place."""
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 500})
    page = watched(context, url)
    sign_in(page, url, "supervisor", "OFFICE")
    page.goto(f"{url}/items/{ids['blocked']}")
    page.locator("#ReturnWork, #SuspendItem").first.locator("summary").focus()
    focused = page.evaluate("document.activeElement.parentElement.id")
    top = page.evaluate("scrollY")
    supervisor.post(f"/v1/items/{ids['blocked']}/urges", text="Seen without a reload")
    page.get_by_text("Seen without a reload").wait_for()
    if page.inner_text("#live") != "Changed just now":
        fault(f"the live region says {page.inner_text('#live')!r}")
    if page.evaluate("document.activeElement.parentElement.id") != focused or page.evaluate("scrollY") != top:
        fault("a change took the focus or the place")
    page.keyboard.press("u")
    page.keyboard.type("half a sentence")
    supervisor.post(f"/v1/items/{ids['blocked']}:suspend", reason="Rain", authority="Order 7")
    page.get_by_text("Rain (Order 7)").wait_for()
    if page.input_value("#UrgeItem textarea") != "half a sentence":
        fault("a change took what was being typed")
    context.close()


def lose_the_connection(browser, installation):
    """A page whose server is away says so, and that it is up to date again once it is back."""
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 500})
    page = context.new_page()
    sign_in(page, installation.url, "supervisor", "OFFICE")
    page.goto(f"{installation.url}/board")
    page.locator("#live").get_by_text("Up to date").wait_for()
    address = installation.url.removeprefix("http://")
    installation.stop()
    page.locator("#live[data-state=lost]").get_by_text("Not connected; what you see may be out of date").wait_for()
    installation.start(address)
    page.locator("#live:not([data-state])").wait_for()
    if page.inner_text("#live") not in ("Up to date", "Changed just now"):
        fault(f"a page that is connected again says {page.inner_text('#live')!r}")
    context.close()


def outlive_the_sign_in(browser, url):
    """What was typed when the sign-in ended is there again after the next one, and is recorded when it is pressed again."""
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    sign_in(page, url, "clerk", "HOUSING")
    page.goto(f"{url}/matters?settled=no")
    page.fill("#TakeInMatter-bodyCode", "RENEWAL")
    page.fill("#TakeInMatter-title", "雨后路面塌陷 <two days>")
    context.clear_cookies()
    page.locator("button[value=TakeInMatter]").click()
    page.get_by_text("What you typed is kept").wait_for()
    page.select_option("#role", "clerk")
    page.fill("#department", "HOUSING")
    page.locator("form:has(#role) button").click()
    page.get_by_text("nothing was recorded yet").wait_for()
    typed = page.input_value("#TakeInMatter-title"), page.url.split("#")[0]
    if typed != ("雨后路面塌陷 <two days>", f"{url}/matters"):
        fault(f"a form came back as {typed}")
    page.locator("button[value=TakeInMatter]").click()
    page.wait_for_url("**/matters/*done=TakeInMatter*")
    context.close()


def keep_the_docket(browser, url, ids):
    """A clerk records how everybody votes, and the chair counts. There is no script here."""
    context = browser.new_context(locale="en", java_script_enabled=False)
    page = watched(context, url)
    sign_in(page, url, "clerk", "HOUSING")
    page.goto(f"{url}/sessions/{ids['session']}")
    while page.locator("section:has(#ballot) .seat[data-mark=unknown]").count():
        page.locator("section:has(#ballot) .seat[data-mark=unknown] button[value=VOTE_CHOICE_NO]").first.click()
        if "Recorded: Vote" not in page.inner_text(".notice"):
            fault(f"a vote: {page.inner_text('.notice')}")
            break
    if page.inner_text("#ballot .count") != "8/8" or page.inner_text("#roll .count") != "8/8":
        fault(f"after all have voted: {page.inner_text('#ballot')}, {page.inner_text('#roll')}")
    page.goto(f"{url}/today")
    page.locator(".prefs summary").click()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, url, "chair", "HOUSING")
    page.goto(f"{url}/sessions/{ids['session']}")
    page.locator("button[value=CloseBallot]").first.click()
    if page.locator(".agenda li").first.get_by_text("4").count() == 0:
        fault(f"the result is not shown: {page.inner_text('.agenda li >> nth=0')}")
    context.close()


def take_a_session_through(browser, installation, ids, shots):
    """A whole session by forms alone, without script: requested, screened, admitted, booked, convened, attended, debated,
    voted, decided, its minutes confirmed, and proved."""
    url, operator = installation.url, installation.caller("operator")
    context = browser.new_context(locale="en", java_script_enabled=False)
    page = watched(context, url)
    sign_in(page, url, "clerk", "HOUSING")
    page.goto(f"{url}/matters/{ids['waiting']}")
    page.get_by_role("link", name="Request a session about it").click()
    page.fill("#r-title", "Drains of the old town")
    page.fill("#r-purpose", "Who pays for them")
    page.fill("#r-duration", "60")
    page.fill("#r-earliest", "2027-04-20T09:00")
    page.fill("[name=topic-1-minutes]", "0")
    page.fill("[name=topic-2-title]", "Name the street")
    page.fill("[name=topic-2-minutes]", "10")
    for code in ["GAS", "HEALTH", "PARKS"]:
        page.select_option(f"[name=role-{code}]", "")
    page.fill("[name=on-PLANNING]", "1")
    page.locator("button[value=AddTopics]").click()
    if page.input_value("[name=topic-2-title]") != "Name the street" or page.locator("[name=topic-6-title]").count() != 1:
        fault("room for more topics took what was typed")
    page.locator("button[value=Check]").click()
    if "TIMEBOX_REQUIRED" not in page.inner_text(".notice"):
        fault(f"a topic without time: {page.inner_text('.notice')}")
    page.fill("[name=topic-1-minutes]", "30")
    page.locator("button[value=Check]").click()
    if "The rules accept it" not in page.inner_text(".notice"):
        fault(f"the rules were asked: {page.inner_text('.notice')}")
    if shots:
        page.screenshot(path=shots / "walk-request.png", full_page=True)
    press(page, "button[value=Send]", "Request a session")
    session = page.url.split("/sessions/")[1].split("?")[0]

    press(page, "button[value=ScreenSession]", "Screen")
    page.get_by_role("link", name="Revise the request").click()
    page.fill("#r-title", "Drains and lamps of the old town")
    press(page, "button[value=Send]", "Revise the request")
    press(page, "button[value=ScreenSession]", "Screen")
    press(page, "button[value=AdmitSession]", "Admit")
    press(page, "button[value=ScheduleSession]", "Book the slot")
    starts = page.locator("p.lede time").get_attribute("datetime")
    operator.post("/v1/clock:move", clockAt=starts)
    # The clock reminds whoever has not answered, and a page from before that is one of before.
    while not all("remindedAt" in seat for seat in operator.get(f"/v1/sessions/{session}")["session"]["invitations"]):
        pass
    page.goto(f"{url}/sessions/{session}")
    press(page, "button[value=ConveneSession]", "Convene")
    while (seats := page.locator("section:has(#roll) .seat[data-mark=unknown]")).count():
        seats.first.locator("input[name=delegate]:not([type=hidden])").fill("Li")
        press(page, "section:has(#roll) .seat[data-mark=unknown] button[value=RecordArrival]", "Record the arrival")
    press(page, "button[value=OpenDocket]", "Open the docket")
    decide(page, 1, with_item=True)
    if shots:
        page.screenshot(path=shots / "walk-session.png", full_page=True)
    decide(page, 2, with_item=False)
    press(page, "button[value=CloseDocket]", "Close the docket")
    page.goto(f"{url}/sessions/{session}")
    for act, words in [("CorrectMinutes", "The lamps are twelve"), ("ConfirmMinutes", None)]:
        form = page.locator(f"#{act}")
        form.evaluate("form => form.open = true")
        if words:
            form.locator("textarea").fill(words)
        press(page, f"#{act} button", "minutes")
    if "The lamps are twelve" not in page.inner_text("section:has(#minutes)"):
        fault(f"the correction: {page.inner_text('section:has(#minutes)')}")
    if shots:
        page.screenshot(path=shots / "walk-minutes.png", full_page=True)
    prove(installation, page, f"{url}/sessions/{session}/minutes")
    resolution = end_at_the_matter(page, url, ids, shots)
    prove(installation, page, f"{url}{resolution}/resolution")
    context.close()


def prove(installation, page, address):
    """A document is verified by the proof that it carries, or by the one beside it, and one that was changed is not. (There are
    no fonts here for PDF.)"""
    folder, head = Path(installation.folder.name), installation.caller("operator").get("/v1/log/signed-head")
    for form in ["docx", "html"]:
        document, proof = folder / f"document.{form}", folder / f"document.{form}.proof"
        document.write_bytes(page.request.get(f"{address}.{form}").body())
        if form == "html":
            proof.write_bytes(page.request.get(f"{address}.{form}.proof").body())
        else:
            proof = None
        said = installation.verify(document, proof, head["key"])
        if not said.startswith("same: all "):
            fault(f"{address}.{form}: {said}")
        changed = bytearray(document.read_bytes())
        changed[10] ^= 1
        document.write_bytes(changed)
        if "differ from byte" not in (said := installation.verify(document, proof, head["key"])):
            fault(f"{address}.{form} was changed: {said}")


def end_at_the_matter(page, url, ids, shots):
    """The matter says what came of it, and its number opens the items that it counts."""
    page.goto(f"{url}/matters/{ids['waiting']}")
    text = page.inner_text("main")
    for words in ["Drains and lamps of the old town", "New drains", "Decided", "RENEWAL-2027-"]:
        if words not in text:
            fault(f"the matter does not say {words!r}: {text}")
    if shots:
        page.screenshot(path=shots / "walk-matter.png", full_page=True)
    count = page.locator("#items a.count")
    if rows_of(page, url + count.get_attribute("href")) != int(count.inner_text()):
        fault("the matter counts other items than it opens")
    return page.locator("section:has(#decided) a").first.get_attribute("href")


def decide(page, number, with_item):
    """One topic, from its opening to its decision."""
    topic = f".agenda > li:nth-child({number})"
    press(page, f"{topic} button[value=OpenTopic]", "Open the topic")
    page.locator(f"{topic} form:has(button[value=SubmitProposal]) [name=text]").fill(
        "The drains are paid by halves" if with_item else "It is called Willow Lane"
    )
    press(page, f"{topic} button[value=SubmitProposal]", "Submit the proposal")
    if with_item:
        form = page.locator(f"{topic} form:has(button[value=DraftItems])")
        form.locator("..").evaluate("details => details.open = true")
        fields = {"title": "New drains", "deliverable": "600 mm", "criterion": "Dry after two rains", "due.dueOn": "2027-09-30"}
        for field, value in (fields | {"leadCode": "WATER", "coResponsibleCodes": "ROADS FINANCE"}).items():
            form.locator(f"[name='items[].{field}']").fill(value)
        press(page, f"{topic} button[value=DraftItems]", "Draft an item")
        state(page, topic)
        amend_and_close(page, topic)
    else:
        press(page, f"{topic} button[value=CloseDebate]", "Close the debate")
    press(page, f"{topic} button[value=OpenBallot]", "Open the ballot")
    vote(page, topic)
    if not with_item:
        page.locator(f"{topic} [name=declaratory]").check()
    press(page, f"{topic} button[value=AdoptDecision]", "Adopt")


def amend_and_close(page, topic):
    """A clerk puts down an amendment and a motion to close the debate, and both are voted on; first somebody speaks."""
    page.locator(f"{topic} form:has(button[value=RequestFloor]) [name=departmentCode]").fill("ROADS")
    press(page, f"{topic} button[value=RequestFloor]", "Ask to speak")
    press(page, f"{topic} button[value=GiveFloor]", "Give the floor")
    press(page, f"{topic} button[value=YieldFloor]", "End the speech")
    for act, done, fields in [
        ("SubmitAmendment", "Move an amendment", {"text": "The drains are paid by thirds"}),
        ("MoveMotion", "Move a motion", {"reason": "All is said"}),
    ]:
        form = page.locator(f"{topic} form:has(button[value={act}]):not(:has([name=amendedNumber]))")
        form.locator("..").evaluate("details => details.open = true")
        for field, value in (fields | {"departmentCode": "ROADS"}).items():
            form.locator(f"[name={field}]").fill(value)
        press(page, f"{topic} button[value={act}]", done)
        put = "PutMotion" if act == "MoveMotion" else "PutAmendment"
        press(page, f"{topic} button[value={put}]", "to the vote")
        vote(page, topic)
    if "The drains are paid by thirds" not in page.inner_text(topic):
        fault(f"what was amended: {page.inner_text(topic)}")


def vote(page, topic):
    """Everybody is for it, and it is counted."""
    while page.locator("section:has(#ballot) .seat[data-mark=unknown] button:enabled").count():
        press(page, "section:has(#ballot) .seat[data-mark=unknown] button[value=VOTE_CHOICE_YES]", "Vote")
    press(page, f"{topic} button[value=CloseBallot]", "Count the votes")


def state(page, topic):
    """The clerk puts down what a department says on the topic."""
    form = page.locator(f"{topic} form:has(button[value=RecordStatement])")
    form.locator("..").evaluate("details => details.open = true")
    form.locator("[name=departmentCode]").fill("WATER")
    form.locator("[name=stance]").select_option("STANCE_SUPPORT_WITH_CONDITIONS")
    form.locator("[name=reasons]").fill("If the pipes are theirs")
    press(page, f"{topic} button[value=RecordStatement]", "Record a statement")
    if "If the pipes are theirs" not in page.inner_text(topic):
        fault(f"the statement is not shown: {page.inner_text(topic)}")


def press(page, selector, done):
    """Presses a button, after which the page has to say that it was done."""
    page.locator(selector).first.click()
    notice = page.locator(".notice")
    said = notice.inner_text() if notice.count() else page.inner_text("main")[:300]
    if "Recorded: " not in said or done not in said:
        fault(f"{selector}: {said}")


def tab_to(page, selector):
    """Presses Tab until the element has the focus, which must be seen."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            if ring == "none":
                fault(f"{selector}: its focus is not seen")
            return
    fault(f"{selector} is not reached by Tab on {page.url}")


def take_pictures(browser, url, ids):
    """The pictures of the documents."""
    folder = ROOT / "docs/pictures"
    folder.mkdir(exist_ok=True)
    for name, language, theme in [("today", "zh-CN", "light"), ("board", "en", "dark"), ("item", "zh-CN", "light")]:
        context = browser.new_context(locale=language, color_scheme=theme, viewport={"width": 1200, "height": 800})
        page = context.new_page()
        sign_in(page, url, "supervisor", "OFFICE")
        path = f"/items/{ids['blocked']}" if name == "item" else f"/{name}"
        page.goto(url + path)
        page.screenshot(path=folder / f"{name}.png")
        context.close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--whole", action="store_true", help="every page in every language, theme and width")
    arguments.add_argument("--shots", type=Path, help="keeps a picture of each page in this folder")
    arguments.add_argument("--pictures", action="store_true", help="renews docs/pictures")
    given = arguments.parse_args()
    if given.shots:
        given.shots.mkdir(parents=True, exist_ok=True)
    with story.Installation(os.environ["HUISHANG"], short_titles=given.pictures) as installation, sync_playwright() as playwright:
        ids = story.play(installation)
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        if given.pictures:
            take_pictures(browser, installation.url, ids)
            return
        look(browser, installation.url, ids, given.whole, given.shots)
        count(browser, installation.url)
        urge_the_worst(browser, installation.url, installation.caller("supervisor", "OFFICE"))
        act_by_keyboard(browser, installation.url)
        keep_the_docket(browser, installation.url, ids)
        follow(browser, installation.url, ids, installation.caller("supervisor", "OFFICE"))
        take_a_session_through(browser, installation, ids, given.shots)
        outlive_the_sign_in(browser, installation.url)
        lose_the_connection(browser, installation)
        browser.close()
    if faults:
        sys.exit(f"{len(faults)} faults")
    print("every page is as it should be")


if __name__ == "__main__":
    main()
