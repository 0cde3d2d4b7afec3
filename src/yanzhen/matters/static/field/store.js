/* What the phone keeps: one database an account, so that nobody sees or sends what somebody else wrote.
   items: what waits to be sent, one key each; drafts: what is being typed; matters: copies for reading without signal. */
(function () {
  "use strict";
  var PREFIX = "yanzhen-field-";
  var CURRENT = "yz.field.account";

  function open(account) {
    var db = new Dexie(PREFIX + account);
    db.version(1).stores({ items: "key, state, at", drafts: "id", matters: "id", facts: "name" });
    return db;
  }

  function uuid() {
    if (window.crypto && crypto.randomUUID) return crypto.randomUUID();
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, function (b) { return (b + 256).toString(16).slice(1); }).join("");
  }

  /* Other accounts' databases on this phone with the number of things that wait in them (only the number is looked at). */
  function others(account) {
    return Dexie.getDatabaseNames().then(function (names) {
      return Promise.all(names.filter(function (name) {
        return name.indexOf(PREFIX) === 0 && name !== PREFIX + account;
      }).map(function (name) {
        var db = open(name.slice(PREFIX.length));
        return db.matters.clear().then(function () { return db.items.where("state").notEqual("done").count(); }).then(function (count) {
          return db.drafts.count().then(function (drafts) { db.close(); return { name: name, count: count + drafts }; });
        });
      }));
    });
  }

  /* Photos go in as plain bytes: some older WebViews lose Blobs in IndexedDB. */
  function keepPhotos(files) {
    return Promise.all(Array.prototype.map.call(files || [], function (file) {
      return file.arrayBuffer().then(function (bytes) { return { name: file.name, type: file.type, bytes: bytes }; });
    }));
  }
  function asFile(photo) { return new File([photo.bytes], photo.name || "photo.jpg", { type: photo.type || "image/jpeg" }); }

  window.yzField = {
    open: open, uuid: uuid, others: others, keepPhotos: keepPhotos, asFile: asFile,
    account: function (value) {
      try {
        if (value !== undefined) localStorage.setItem(CURRENT, value);
        return localStorage.getItem(CURRENT) || "";
      } catch (error) { return ""; }
    },
    drop: function (name) { return Dexie.delete(name); }
  };
})();
