//! Tests of calls with Chromium through our server, with the JavaScript `socket.io-client`.

mod chromium;
mod clinic;
mod dealerdesk;
mod hearth;
mod marketplace;
mod munged;
mod storefront;
