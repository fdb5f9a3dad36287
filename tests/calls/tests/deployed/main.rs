//! Our client on the five backends as they are deployed: Node servers of their behaviour (`tests/node-backends`),
//! traps included, and engines with real media. What only our own server does is not tried here.

mod clinic;
mod dealerdesk;
mod every;
mod hearth;
mod marketplace;
mod restart;
mod scene;
mod storefront;
