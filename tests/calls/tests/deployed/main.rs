//! Tests of our client on the five backends as deployed: Node servers of their behaviour
//! (`tests/node-backends`), quirks included, and engines with real media. What only our own server does is
//! not tested here.

mod clinic;
mod dealerdesk;
mod every;
mod hearth;
mod marketplace;
mod restart;
mod scene;
mod storefront;
