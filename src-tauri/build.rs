//! Embeds the built user interface.

fn main() {
    println!("cargo:rerun-if-changed=../ui/dist");
    assert!(
        std::path::Path::new("../ui/dist/index.html").exists(),
        "the user interface is not built: run `npm ci && npm run build` in ui/, or `cargo xtask demo`, which does"
    );
    tauri_build::build();
}
