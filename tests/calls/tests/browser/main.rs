//! Chromium as the other end, through our server, with the JavaScript `socket.io-client`.

mod chromium;
mod clinic;
mod dealerdesk;
mod hearth;
mod marketplace;
mod munged;
mod storefront;
