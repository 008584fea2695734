{% load static %}// Keeps the offline page and its sheets; never a page with somebody's data in it.
const SHELF = "offline-1";
const KEPT = ["/offline/", "{% static 'css/tokens.css' %}", "{% static 'css/reset.css' %}", "{% static 'css/base.css' %}", "{% static 'css/layout.css' %}", "{% static 'css/components/button.css' %}", "{% static 'css/pages/portal.css' %}"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELF).then((shelf) => shelf.addAll(KEPT)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((name) => name !== SHELF).map((name) => caches.delete(name)))));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith(fetch(request).catch(() => caches.match("/offline/")));
  } else if (KEPT.includes(new URL(request.url).pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(request)));
  }
});
