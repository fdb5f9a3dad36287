//! Stories on a desktop, each with the real program, the real server and real windows.

mod bench;
mod calls;
mod harness;
mod history;
mod keys;
mod links;
mod login;
mod ringing;
mod installed;
mod starts;
mod tray;
