//! Migrations are compiled in: a new file of theirs is a reason to compile again.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
