/* Service worker of the field pages ({{ version }}): keeps the few files the field needs and one page without names that
   shows what the phone holds. Pages with data are never kept here. */
"use strict";
const CACHE = "yanzhen-field-{{ version }}";
const SHELL = "{{ shell }}";
const FILES = {{ files|safe }};
const PATIENCE = 10000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE)
    .then((cache) => cache.addAll([...FILES, new Request(SHELL, { cache: "reload" })]))
    .then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name.startsWith("yanzhen-field-") && name !== CACHE).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

/* The page in the reader's language: asked for anew when the language changed. */
self.addEventListener("message", (event) => {
  if (event.data === "shell") event.waitUntil(caches.open(CACHE).then((cache) => cache.add(new Request(SHELL, { cache: "reload" }))));
});

function shell() { return caches.match(SHELL, { ignoreVary: true }).then((kept) => kept || Response.error()); }

function page(request) {
  return new Promise((resolve) => {
    const clock = setTimeout(() => resolve(shell()), PATIENCE);
    fetch(request).then((answer) => {
      clearTimeout(clock);
      resolve([502, 503, 504].includes(answer.status) ? shell() : answer);
    }, () => { clearTimeout(clock); resolve(shell()); });
  });
}

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (FILES.includes(url.pathname)) event.respondWith(caches.match(request, { ignoreSearch: true, ignoreVary: true }).then((kept) => kept || fetch(request)));
});
