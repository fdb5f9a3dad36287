//! GPU detection for the web view. WebKitGTK's default renderer costs twice the CPU without a GPU, and only an
//! environment variable that is set before the process starts threads switches it off.

/// The variable WebKitGTK reads.
#[cfg(target_os = "linux")]
const DISABLE_DMABUF_VARIABLE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// True where the web view may draw with a GPU.
pub(crate) fn has_gpu() -> bool {
    #[cfg(target_os = "linux")]
    {
        std::fs::read_dir("/dev/dri").is_ok_and(|nodes| {
            nodes.flatten().any(|n| n.file_name().to_string_lossy().starts_with("renderD"))
        })
    }
    #[cfg(not(target_os = "linux"))]
    {
        true
    }
}

/// Replaces the process by itself with the variable set. Setting it in place would need `unsafe`
/// (the environment is shared with threads); `exec` does not. A value the user chose is kept.
pub(crate) fn restart_without_gpu_if_there_is_none() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    if std::env::var_os(DISABLE_DMABUF_VARIABLE).is_none() && !has_gpu() {
        use std::os::unix::process::CommandExt;
        if let Ok(program) = std::env::current_exe() {
            return Err(std::process::Command::new(program)
                .args(std::env::args_os().skip(1))
                .env(DISABLE_DMABUF_VARIABLE, "1")
                .exec());
        }
    }
    Ok(())
}
