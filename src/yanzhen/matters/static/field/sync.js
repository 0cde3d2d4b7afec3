/* Sending what waits: each item once. The key of an item never changes, so that an answer lost on the way, a reload or a
   second tab cannot double it; the server gives the same answer to the same key. */
(function () {
  "use strict";
  var CEILING = 6;            /* answers of a broken server, after which an item asks for a person */
  var PATIENCE = 120000;      /* milliseconds for one item with photos on a thin line */
  var store = window.yzField;

  function timed(url, options, limit) {
    var stop = new AbortController();
    var clock = setTimeout(function () { stop.abort(); }, limit);
    return fetch(url, Object.assign({ signal: stop.signal, credentials: "same-origin", cache: "no-store", redirect: "manual" }, options))
      .finally(function () { clearTimeout(clock); });
  }
  function body(answer) { return answer.json().catch(function () { return {}; }); }

  function form(item) {
    var data = new FormData();
    Object.keys(item.data).forEach(function (name) { data.append(name, item.data[name] === null ? "" : item.data[name]); });
    data.append("saved_at", item.at);
    if (item.kind === "act") {
      data.append("matter", item.matter);
      data.append("act", item.act);
      if (item.version !== null && item.version !== undefined) data.append("version", item.version);
    }
    (item.photos || []).forEach(function (photo) { data.append("files", store.asFile(photo), photo.name); });
    return data;
  }

  function Sync(db, account, urls, changed) {
    var running = null;

    function put(item, values) {
      Object.assign(item, values);
      return db.items.put(item).then(function () { changed(); });
    }
    function fact(name, value) { return db.facts.put({ name: name, value: value }); }

    /* A fresh token; who is logged in is asked as well, so that nothing goes out in somebody else's name. */
    function token() {
      return timed(urls.token, { headers: { Accept: "application/json" } }, 15000).then(function (answer) {
        if (answer.status === 401 || answer.type === "opaqueredirect") return { login: true };
        if (!answer.ok) return { down: true };
        return body(answer).then(function (found) { return found.account === account ? found : { other: true }; });
      }, function () { return { offline: true }; });
    }

    function send(item, csrf) {
      return put(item, { state: "sending", reason: "" }).then(function () {
        return timed(item.kind === "act" ? urls.act : urls.report, {
          method: "POST", body: form(item),
          headers: { "Idempotency-Key": item.key, "X-CSRFToken": csrf, "X-Yanzhen-Account": account, Accept: "application/json" }
        }, PATIENCE);
      }).then(function (answer) {
        return body(answer).then(function (found) { return settle(item, answer.status, found); });
      }, function () {
        return put(item, { state: "waiting", reason: "offline", tried: new Date().toISOString() }).then(function () { return "stop"; });
      });
    }

    function settle(item, status, found) {
      if (status === 200 || status === 201) {
        var before = item.version;
        return put(item, { state: "done", number: found.number || "", url: found.url || "", photos: [], reason: "", done: new Date().toISOString() })
          .then(function () { return followers(item, before, found.version); })
          .then(function () { return "next"; });
      }
      if (status === 401 || status === 0) return put(item, { state: "waiting", reason: "login" }).then(function () { return "login"; });
      if (status === 409) return put(item, { state: "conflict", reason: found.message || "", current: found.current || null }).then(function () { return "next"; });
      if (status === 429) return put(item, { state: "waiting", reason: found.message || "busy" }).then(function () { return "stop"; });
      if (found.message && status >= 400 && status < 500) return put(item, { state: "failed", reason: found.message, field: found.field || "" }).then(function () { return "next"; });
      var tries = (item.tries || 0) + 1;
      return put(item, { state: tries >= CEILING ? "failed" : "waiting", reason: "server", tries: tries, tried: new Date().toISOString() })
        .then(function () { return tries >= CEILING ? "next" : "stop"; });
    }

    /* Several acts written one after the other on the same matter do not conflict with each other. */
    function followers(item, before, after) {
      if (item.kind !== "act" || !after) return Promise.resolve();
      return db.items.where("state").equals("waiting").filter(function (each) {
        return each.kind === "act" && each.matter === item.matter && each.version === before;
      }).modify({ version: after });
    }

    function all() {
      return db.items.where("state").equals("sending").modify({ state: "waiting" }).then(function () {
        return db.items.where("state").equals("waiting").sortBy("at");
      }).then(function (items) {
        if (!items.length) return {};
        return token().then(function (known) {
          if (known.login || known.other || known.down || known.offline) return known;
          return items.reduce(function (before, item) {
            return before.then(function (so) {
              if (so !== "next") return so;
              return db.items.get(item.key).then(function (kept) {   /* dropped or changed in the meantime? */
                return kept && kept.state === "waiting" ? send(kept, known.csrf) : "next";
              });
            });
          }, Promise.resolve("next")).then(function (so) {
            if (so === "login") return { login: true };
            if (so === "stop") return { down: true, sent: items.length };
            return fact("synced", new Date().toISOString()).then(function () { return { done: true, sent: items.length }; });
          });
        });
      });
    }

    /* One flush at a time: in this page by ``running``, between tabs by a lock where the browser has them. */
    this.flush = function () {
      if (running) return running;
      var work = function () { return all(); };
      running = (navigator.locks ? navigator.locks.request("yz-flush-" + account, work) : work())
        .finally(function () { running = null; changed(); });
      return running;
    };

    /* Copies of own open matters, for reading without signal; older ones go. */
    this.fetchBundle = function (ids) {
      return timed(urls.bundle + (ids && ids.length ? "?ids=" + ids.join(",") : ""), { headers: { Accept: "application/json" } }, 30000).then(function (answer) {
        if (!answer.ok) return null;
        return body(answer).then(function (found) {
          if (found.account !== account) return null;
          return db.transaction("rw", db.matters, db.facts, function () {
            return db.matters.clear().then(function () { return db.matters.bulkPut(found.matters); }).then(function () {
              return db.facts.bulkPut([
                { name: "places", value: found.places }, { name: "until", value: found.until },
                { name: "bundled", value: found.saved_at }, { name: "who", value: found.who }
              ]);
            });
          }).then(function () { return found; });
        });
      }, function () { return null; });
    };

    this.tidy = function () {
      var old = new Date(Date.now() - 3 * 24 * 3600 * 1000).toISOString();
      return db.facts.get("until").then(function (until) {
        var expired = until && until.value < new Date().toISOString();
        return (expired ? db.matters.clear() : Promise.resolve()).then(function () {
          return db.items.where("state").equals("done").filter(function (item) { return (item.done || "") < old; }).delete();
        });
      });
    };
  }

  window.yzField.Sync = Sync;
})();
