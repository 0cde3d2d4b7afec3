/* The field pages: drafts, outbox, copies for reading without signal. Drawn from what the phone holds; texts come from the
   page (#field-data). Without this script the same pages are plain forms. */
(function () {
  "use strict";
  var box = document.getElementById("field-data");
  if (!box || !window.Dexie || !window.indexedDB) return;
  var store = window.yzField, page = JSON.parse(box.textContent), words = page.words, urls = page.urls;
  var account = page.shell ? store.account() : page.account;
  function one(selector, scope) { return (scope || document).querySelector(selector); }
  function all(selector, scope) { return Array.prototype.slice.call((scope || document).querySelectorAll(selector)); }
  function say(name, values) {
    return Object.keys(values || {}).reduce(function (text, key) { return text.replace("{" + key + "}", values[key]); }, words[name] || name);
  }
  function two(n) { return (n < 10 ? "0" : "") + n; }
  function clock(iso) {
    if (!iso) return "";
    var at = new Date(iso), now = new Date(), time = two(at.getHours()) + ":" + two(at.getMinutes());
    return at.toDateString() === now.toDateString() ? time : two(at.getMonth() + 1) + "-" + two(at.getDate()) + " " + time;
  }
  function make(tag, text, kind) {
    var element = document.createElement(tag);
    if (text) element.textContent = text;
    if (kind) element.className = kind;
    return element;
  }
  function button(text, kind, act) {
    var element = make("button", text, "yz-btn " + kind);
    element.type = "button";
    element.addEventListener("click", act);
    return element;
  }
  function go(url) { location.assign(url); }

  worker();
  var bar = one("[data-bar]");
  if (!account) {
    var who = one("[data-shell-who]");
    if (who) who.textContent = say("no_account");
    return;
  }
  if (!page.shell) store.account(account);
  var db = store.open(account);
  if (page.places && page.places.length) db.facts.put({ name: "places", value: page.places });
  var last = {};
  var sync = new store.Sync(db, account, urls, draw);

  /* --- the bar: how many wait, whether there is a network, when it last went through --- */
  function draw() {
    return db.items.toArray().then(function (items) {
      return db.facts.get("synced").then(function (synced) {
        var open = items.filter(function (item) { return item.state !== "done"; });
        var wrong = open.filter(function (item) { return item.state === "failed" || item.state === "conflict"; }).length;
        var parts = [say(navigator.onLine && !last.offline ? "online" : "away")];
        parts.push(open.length ? say("summary_some", { n: open.length }) : say("summary_none"));
        if (wrong) parts.push(say("summary_failed", { n: wrong }));
        if (open.some(function (item) { return item.state === "sending"; })) parts.push(say("sending"));
        if (last.login) parts.push(say("login"));
        if (last.other) parts.push(say("other"));
        parts.push(synced ? say("synced", { when: clock(synced.value) }) : say("never"));
        var text = parts.join(" · ");
        bar.hidden = false;
        if (one("[data-bar-text]").textContent !== text) one("[data-bar-text]").textContent = text;
        one("[data-flush]").hidden = !open.length;
        one("[data-login]").hidden = !last.login;
        outbox(items);
        beside(items);
      });
    });
  }
  function flush() {
    return sync.flush().then(function (so) { last = so || {}; return draw(); }, function () { return draw(); });
  }

  /* --- the outbox --- */
  function outbox(items) {
    all("[data-outbox]").forEach(function (list) {
      list.textContent = "";
      items.sort(function (a, b) { return a.at < b.at ? 1 : -1; });
      if (!items.length) list.appendChild(make("li", say("empty"), "yz-muted"));
      items.forEach(function (item) { list.appendChild(line(item)); });
    });
  }
  function line(item) {
    var li = make("li");
    li.dataset.key = item.key;
    li.dataset.state = item.state;
    li.appendChild(make("strong", (item.kind === "act" ? item.actWords + "：" : say("report") + "：") + item.label));
    var state = say(item.state) + (item.state === "done" && item.number ? " " + item.number : "");
    if (item.reason && item.state !== "done") state += "（" + say(item.reason) + "）";
    li.appendChild(make("p", state, "fld-out__state fld-out__state--" + item.state));
    var facts = [clock(item.at)];
    if (item.photos && item.photos.length) facts.push(say("photos", { n: item.photos.length }));
    var days = Math.floor((Date.now() - new Date(item.at)) / 86400000);
    if (item.state !== "done" && days >= 3) facts.push(say("old", { n: days }));
    li.appendChild(make("span", facts.join(" · "), "yz-note"));
    if (item.state === "conflict") li.appendChild(both(item));
    var actions = make("p", "", "yz-actions");
    if (item.state === "failed") actions.appendChild(button(say("retry"), "", function () { again(item, {}); }));
    if (item.state === "conflict" && item.current && item.current.acts.some(function (act) { return act.code === item.act; }))
      actions.appendChild(button(say("resend"), "", function () { again(item, { version: item.current.version }); }));
    if (item.state !== "done" && item.state !== "sending") {
      actions.appendChild(button(say("edit"), "yz-btn--plain", function () { edit(item); }));
      actions.appendChild(button(say("drop"), "yz-btn--plain", function () {
        if (window.confirm(say("drop_sure"))) db.items.delete(item.key).then(draw);
      }));
    }
    if (item.state === "done" && item.url) {
      var link = make("a", item.number || item.label, "yz-btn yz-btn--plain");
      link.href = item.url;
      actions.appendChild(link);
    }
    li.appendChild(actions);
    return li;
  }
  function both(item) {
    var pair = make("div", "", "fld-both"), mine = make("div"), theirs = make("div");
    mine.appendChild(make("strong", say("mine")));
    mine.appendChild(make("p", item.actWords + (item.data.words ? "：" + item.data.words : "")));
    theirs.appendChild(make("strong", say("theirs")));
    if (item.current) {
      theirs.appendChild(make("p", item.current.state_words));
      item.current.entries.forEach(function (entry) { theirs.appendChild(make("p", entry.at + " " + entry.title + (entry.words ? "：" + entry.words : ""), "yz-note")); });
    }
    pair.appendChild(mine); pair.appendChild(theirs);
    return pair;
  }
  function again(item, values) {
    return db.items.update(item.key, Object.assign({ state: "waiting", tries: 0, reason: "" }, values)).then(flush);
  }
  function edit(item) {
    var id = item.kind === "act" ? "act:" + item.matter + ":" + item.act : "report";
    var values = { id: id, key: item.key, data: item.data, photos: item.photos || [], at: new Date().toISOString() };
    db.transaction("rw", db.items, db.drafts, function () {
      return db.drafts.put(values).then(function () { return db.items.delete(item.key); });
    }).then(function () { go(item.kind === "act" ? urls.home + "matter/" + item.matter + "/" : urls.write); });
  }

  /* --- forms: what is typed is kept while it is typed --- */
  var SKIP = { csrfmiddlewaretoken: 1, key: 1, saved_at: 1, version: 1, files: 1 };
  function values(form) {
    var found = {};
    new FormData(form).forEach(function (value, name) { if (!SKIP[name] && typeof value === "string") found[name] = value; });
    return found;
  }
  function fill(form, data) {
    Object.keys(data).forEach(function (name) {
      all('[name="' + name + '"]', form).forEach(function (input) {
        if (input.type === "radio" || input.type === "checkbox") input.checked = input.type === "radio" ? input.value === data[name] : !!data[name];
        else if (input.type !== "file") input.value = data[name];
      });
    });
  }
  function keeper(form, id, check, item) {
    var draft = { id: id, key: "", data: {}, photos: [] };
    var state = one("[data-draft-state]", form), list = one("[data-photos]", form), timer = null, sent = false;
    function save() {
      clearTimeout(timer);
      if (sent) return Promise.resolve();
      draft.data = values(form);
      draft.at = new Date().toISOString();
      return db.drafts.put(draft).then(function () { if (state) state.textContent = say("saved", { when: clock(draft.at) }); });
    }
    function photos() {
      if (!list) return;
      list.textContent = "";
      draft.photos.forEach(function (photo, at) {
        var li = make("li"), image = make("img");
        image.src = URL.createObjectURL(store.asFile(photo));
        image.alt = photo.name;
        li.appendChild(image);
        li.appendChild(button(say("drop"), "yz-btn--plain", function () { draft.photos.splice(at, 1); photos(); save(); }));
        list.appendChild(li);
      });
    }
    form.addEventListener("input", function (event) {
      if (event.target.type === "file") return;
      clearTimeout(timer);
      timer = setTimeout(save, 300);
    });
    form.addEventListener("change", function (event) { if (event.target.type !== "file") save(); });
    form.addEventListener("yz:downscaled", function (event) {
      store.keepPhotos(event.target.files).then(function (found) {
        draft.photos = draft.photos.concat(found).slice(0, 9);
        event.target.value = "";
        photos();
        save();
      });
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var wrong = check(values(form)), error = one("[data-form-error]", form);
      error.hidden = !wrong;
      error.textContent = wrong || "";
      if (wrong) { var field = one("textarea, select", form); if (field) field.focus(); return; }
      if (sent) return;
      sent = true;
      clearTimeout(timer);
      draft.data = values(form);
      var made = Object.assign({
        key: draft.key || store.uuid(), state: "waiting", at: new Date().toISOString(), tries: 0, reason: "",
        data: draft.data, photos: draft.photos
      }, item(draft.data));
      db.transaction("rw", db.items, db.drafts, function () {
        return db.items.put(made).then(function () { return db.drafts.delete(id); });
      }).then(function () { go(urls.outbox); }, function (reason) {
        sent = false;                                  /* storage refused: the plain form still works with a network */
        error.hidden = false;
        error.textContent = String(reason && reason.message || reason);
      });
    });
    return db.drafts.get(id).then(function (kept) {
      if (!kept) return;
      draft = kept;
      fill(form, kept.data);
      photos();
      if (state) state.textContent = say("saved", { when: clock(kept.at) });
      var details = form.closest("details");
      if (details) details.open = true;
    });
  }
  function reportForm(form) {
    form.removeAttribute("action");
    locate(form);
    var select = one('select[name="place"]', form);
    var ready = Promise.resolve();
    if (select && select.options.length) {
      var places = all("option", select).map(function (option) { return { code: option.value, name: option.textContent }; });
      db.facts.put({ name: "places", value: places });
    } else if (select) {
      ready = db.facts.get("places").then(function (kept) {
        ((kept && kept.value) || []).forEach(function (place) { var option = make("option", place.name); option.value = place.code; select.appendChild(option); });
      });
    }
    return ready.then(function () {
      return keeper(form, "report", function (given) {
        return !(given.text || "").trim() ? say("need_text") : !given.place ? say("need_place") : "";
      }, function (given) { return { kind: "report", label: given.text.trim().slice(0, 40) }; });
    });
  }
  function actForm(form) {
    var of = form.dataset, version = one('[name="version"]', form);
    var id = "act:" + of.matter + ":" + of.act;
    return keeper(form, id, function (given) {
      return of.act !== "accept" && !(given.words || "").trim() ? say("need_words") : "";
    }, function () {
      return { kind: "act", matter: Number(of.matter), act: of.act, actWords: of.actWords, label: of.label, version: version && version.value ? Number(version.value) : null };
    });
  }

  /* --- position: asked for once, on a press of the button, rounded before it is kept --- */
  function locate(form) {
    var part = one("[data-locate]", form);
    if (!part || !navigator.geolocation || !window.isSecureContext) return;
    part.hidden = false;
    one("[data-locate-ask]", part).addEventListener("click", function () {
      var state = one("[data-locate-state]", part);
      state.textContent = say("asking_place");
      navigator.geolocation.getCurrentPosition(function (found) {
        one('[name="longitude"]', part).value = found.coords.longitude.toFixed(3);
        one('[name="latitude"]', part).value = found.coords.latitude.toFixed(3);
        state.textContent = say("got_place");
        form.dispatchEvent(new Event("change"));
      }, function () { state.textContent = say("no_place"); }, { enableHighAccuracy: false, timeout: 15000, maximumAge: 600000 });
    });
  }

  /* --- copies for reading without signal --- */
  function carry() {
    all("[data-carry]").forEach(function (part) { part.hidden = false; });
    all("[data-bundle]").forEach(function (press) {
      press.addEventListener("click", function () {
        mark(Number(press.dataset.bundleId) || 0).then(function (ids) { return sync.fetchBundle(ids); }).then(function (found) {
          one("[data-bundle-state]", press.parentNode).textContent = found ? say("bundled", { n: found.matters.length, when: clock(found.saved_at) }) : say("bundle_failed");
        });
      });
    });
    db.facts.get("bundled").then(function (kept) {      /* once asked for, the copies are kept fresh */
      var state = one("[data-bundle-state]");
      if (!kept || !one("[data-bundle]")) return;
      if (state) db.matters.count().then(function (n) { if (!state.textContent) state.textContent = say("bundled", { n: n, when: clock(kept.value) }); });
      if (Date.now() - new Date(kept.value) > 600000) mark(0).then(function (ids) { return sync.fetchBundle(ids); });
    });
  }
  function mark(id) {
    return db.facts.get("marked").then(function (kept) {
      var ids = (kept && kept.value) || [];
      if (id && ids.indexOf(id) < 0) ids = ids.concat(id).slice(-100);
      return db.facts.put({ name: "marked", value: ids }).then(function () { return ids; });
    });
  }
  function beside(items) {                              /* on a matter's page: what of it still waits here */
    all("[data-matter-items]").forEach(function (part) {
      part.textContent = items.filter(function (item) { return item.kind === "act" && String(item.matter) === part.dataset.matterItems && item.state !== "done"; })
        .map(function (item) { return item.actWords + "：" + say(item.state); }).join("；");
    });
  }

  /* --- the page without network --- */
  function shell() {
    var path = location.pathname, found = /matter\/(\d+)\//.exec(path);
    var view = found ? "matter" : path === urls.write ? "report" : path === urls.outbox ? "outbox" : "home";
    var part = one('[data-view="' + view + '"]');
    part.hidden = false;
    all(".yz-bottom a").forEach(function (link) {
      if (link.getAttribute("href") === path) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    });
    var link = one('.yz-bottom a[href="' + path + '"] span');
    if (link) one("[data-shell-heading]").textContent = link.textContent;
    db.facts.get("who").then(function (kept) { if (kept) one("[data-shell-who]").textContent = kept.value; });
    if (view === "home") keptList();
    if (view === "matter") keptMatter(Number(found[1]));
  }
  function lampOf(kept) {
    if (!kept.shape) return null;
    var lamp = make("span", "", "yz-lamp yz-lamp--" + kept.light), shape = make("span", kept.shape, "yz-lamp__shape");
    shape.setAttribute("aria-hidden", "true");
    lamp.appendChild(shape);
    lamp.appendChild(document.createTextNode(" " + kept.light_name + " " + kept.light_words));
    return lamp;
  }
  function keptList() {
    db.matters.toArray().then(function (found) {
      var list = one("[data-kept]");
      if (!found.length) list.appendChild(make("li", say("bundle_none"), "yz-muted"));
      found.sort(function (a, b) { return (a.step_due || "9") < (b.step_due || "9") ? -1 : 1; }).forEach(function (kept) {
        var li = make("li"), link = make("a", kept.title), note = make("span", "", "yz-note");
        link.href = urls.home + "matter/" + kept.id + "/";
        var lamp = lampOf(kept);
        if (lamp) note.appendChild(lamp);
        note.appendChild(document.createTextNode(" " + kept.state_words + " · " + kept.place));
        li.appendChild(link); li.appendChild(note);
        list.appendChild(li);
      });
      db.facts.get("bundled").then(function (at) { if (at && found.length) list.appendChild(make("li", say("bundled", { n: found.length, when: clock(at.value) }), "yz-note")); });
    });
  }
  function keptMatter(id) {
    var part = one("[data-kept-matter]");
    db.matters.get(id).then(function (kept) {
      if (!kept) { part.appendChild(make("p", say("not_kept"))); return; }
      one("[data-shell-heading]").textContent = kept.title;
      part.appendChild(make("p", kept.text, "fld-text"));
      var lamp = lampOf(kept), state = make("p", kept.state_words + " · " + kept.place + (kept.due ? " · " + kept.due : ""));
      if (lamp) state.insertBefore(lamp, state.firstChild);
      part.appendChild(state);
      if (kept.contact) part.appendChild(make("p", kept.contact));
      var waiting = make("p", "", "yz-note");
      waiting.dataset.matterItems = String(id);
      part.appendChild(waiting);
      kept.acts.forEach(function (act, at) { part.appendChild(actOf(kept, act, at)); });
      kept.entries.slice().reverse().forEach(function (entry) { part.appendChild(make("p", entry.at + " " + entry.title + (entry.words ? "：" + entry.words : ""), "yz-note")); });
      draw();
    });
  }
  function actOf(kept, act, at) {
    var copy = document.importNode(one("[data-act-template]").content, true), details = one("details", copy), form = one("form", copy);
    one("summary", copy).textContent = act.words;
    one('button[type="submit"]', copy).textContent = act.words;
    all("[id]", copy).forEach(function (element) { element.id = element.id + at; });
    all("label[for]", copy).forEach(function (label) { label.htmlFor = label.htmlFor + at; });
    all("[aria-describedby]", copy).forEach(function (element) { element.removeAttribute("aria-describedby"); });
    var text = one('textarea[name="words"]', copy), files = one("[data-files]", copy);
    if (act.code === "accept" && text) text.closest(".yz-field").remove();
    else if (text) one("label", text.closest(".yz-field")).textContent = act.label || act.words;
    if (!act.files && files) files.remove();
    Object.assign(form.dataset, { matter: kept.id, act: act.code, actWords: act.words, label: kept.title });
    one('[name="version"]', form).value = kept.version;
    details.open = at === 0;
    actForm(form);
    return copy;
  }

  /* --- another person's things on this phone; logging out --- */
  function strangers() {
    store.others(account).then(function (found) {
      var n = found.reduce(function (sum, each) { return sum + each.count; }, 0), part = one("[data-others]");
      found.filter(function (each) { return !each.count; }).forEach(function (each) { store.drop(each.name); });
      if (!n) return;
      part.hidden = false;
      one("[data-others-text]").textContent = say("others", { n: n });
      one("[data-others-drop]").addEventListener("click", function () {
        if (!window.confirm(say("others_sure", { n: n }))) return;
        Promise.all(found.map(function (each) { return store.drop(each.name); })).then(function () { part.hidden = true; });
      });
    });
  }
  all("[data-logout]").forEach(function (form) {
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      db.items.where("state").notEqual("done").count().then(function (n) {
        if (n && !window.confirm(say("logout_sure", { n: n }))) return null;
        return Promise.all([db.matters.clear(), db.facts.clear()]).then(function () { store.account(""); form.submit(); });
      });
    });
  });

  function worker() {
    if (!("serviceWorker" in navigator)) return;
    navigator.serviceWorker.register(urls.worker, { scope: urls.home }).then(function () { return navigator.serviceWorker.ready; }).then(function (ready) {
      if (page.shell) return;
      try {
        if (localStorage.getItem("yz.field.lang") === page.lang) return;
        localStorage.setItem("yz.field.lang", page.lang);
      } catch (error) { return; }
      ready.active.postMessage("shell");
    }, function () { /* without a worker the pages need a network; what is typed is kept all the same */ });
  }

  window.addEventListener("online", flush);
  window.addEventListener("offline", draw);
  document.addEventListener("visibilitychange", function () { if (!document.hidden) flush(); });
  one("[data-flush]").addEventListener("click", flush);
  sync.tidy().then(function () {
    var forms = all("[data-report-form]").map(reportForm).concat(all("[data-act-form]").map(actForm));
    if (page.shell) shell();
    carry();
    strangers();
    return Promise.all(forms);
  }).then(flush).then(function () { document.documentElement.dataset.fieldReady = "1"; });
})();
