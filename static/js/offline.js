// Asks the browser to keep the one page that says what to do without a connection, and nothing else.
if ("serviceWorker" in navigator && isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
