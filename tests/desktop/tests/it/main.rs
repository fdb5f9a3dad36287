//! End-to-end tests on a desktop, each with the real program, the real server and real windows.

mod accounts;
mod bench;
mod budget;
mod calls;
mod groups;
mod harness;
mod history;
mod installed;
mod keys;
mod links;
mod login;
mod photos;
mod ringing;
mod starts;
mod tray;
mod windows;
