//! Chromium as the other end, through our server, with the JavaScript `socket.io-client`.

mod chromium;
mod dealerdesk;
mod marketplace;
mod storefront;
