//! The lists: which package is called what on which system. Nothing but data.

use super::Purpose;

/// A package and, where another way of having it is just as good, the program that shows it is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) program: Option<&'static str>,
}

const fn library(name: &'static str) -> Package {
    Package { name, program: None }
}

const fn program(name: &'static str, program: &'static str) -> Package {
    Package { name, program: Some(program) }
}

/// Debian 12 and later, Ubuntu 22.04 and later.
pub(super) const APT: List = List {
    build: &[
        library("build-essential"),
        program("pkg-config", "pkg-config"),
        program("git", "git"),
        library("ca-certificates"),
        // Without it OpenH264 is built without assembly and is three times slower, silently.
        program("nasm", "nasm"),
        program("cmake", "cmake"),
        program("clang", "clang"),
        library("libclang-dev"),
        library("libasound2-dev"),
        library("libvpx-dev"),
        library("libwebkit2gtk-4.1-dev"),
        library("libgtk-3-dev"),
        library("libayatana-appindicator3-dev"),
        library("librsvg2-dev"),
        library("libssl-dev"),
        library("libxdo-dev"),
        program("nodejs", "node"),
        program("npm", "npm"),
        // The demo's own display where there is none, and its picture.
        program("xvfb", "Xvfb"),
        program("openbox", "openbox"),
        program("x11-utils", "xprop"),
        program("imagemagick", "import"),
        program("xdotool", "xdotool"),
        program("dbus", "dbus-daemon"),
        library("fonts-dejavu-core"),
        // Names in Chinese, Japanese and Korean, and emoji; the program brings Latin and Arabic itself.
        library("fonts-droid-fallback"),
        library("fonts-noto-color-emoji"),
    ],
    test: &[
        program("pulseaudio", "pulseaudio"),
        program("pulseaudio-utils", "pactl"),
        library("libasound2-plugins"),
        program("xauth", "xauth"),
        program("dbus-x11", "dbus-launch"),
        program("wmctrl", "wmctrl"),
        program("webkit2gtk-driver", "WebKitWebDriver"),
        program("chromium", "chromium"),
        program("chromium-driver", "chromedriver"),
        library("fonts-noto-core"),
        program("sox", "sox"),
        // A relay that speaks TCP and TLS.
        program("coturn", "turnserver"),
        // The engine of calls of several.
        program("janus", "janus"),
        // Other hours and dates for the tests that depend on them.
        program("faketime", "faketime"),
        program("procps", "kill"),
        library("python3-venv"),
        // A real notification daemon and a real keyring, each in a private session.
        program("dunst", "dunst"),
        program("gnome-keyring", "gnome-keyring-daemon"),
        program("libsecret-tools", "secret-tool"),
        program("x11-xserver-utils", "xrandr"),
        // The installers: made, looked into, installed and removed.
        program("desktop-file-utils", "desktop-file-validate"),
        program("xdg-utils", "xdg-open"),
        program("rpm", "rpm"),
        program("cpio", "cpio"),
    ],
};

/// Fedora 41 and later. Written from its package index; not run yet.
pub(super) const DNF: List = List {
    build: &[
        library("gcc-c++"),
        program("make", "make"),
        program("pkgconf-pkg-config", "pkg-config"),
        program("git", "git"),
        program("nasm", "nasm"),
        program("cmake", "cmake"),
        program("clang", "clang"),
        library("clang-devel"),
        library("alsa-lib-devel"),
        library("libvpx-devel"),
        library("webkit2gtk4.1-devel"),
        library("gtk3-devel"),
        library("libayatana-appindicator-gtk3-devel"),
        library("librsvg2-devel"),
        library("openssl-devel"),
        library("libxdo-devel"),
        program("nodejs", "node"),
        program("nodejs-npm", "npm"),
        program("xorg-x11-server-Xvfb", "Xvfb"),
        program("openbox", "openbox"),
        program("xprop", "xprop"),
        program("ImageMagick", "import"),
        program("xdotool", "xdotool"),
        program("dbus-daemon", "dbus-daemon"),
        library("dejavu-sans-fonts"),
        library("google-droid-sans-fonts"),
        library("google-noto-color-emoji-fonts"),
    ],
    test: &[
        program("pulseaudio", "pulseaudio"),
        program("pulseaudio-utils", "pactl"),
        library("alsa-plugins-pulseaudio"),
        program("xorg-x11-xauth", "xauth"),
        program("dbus-x11", "dbus-launch"),
        program("wmctrl", "wmctrl"),
        program("webkit2gtk-driver", "WebKitWebDriver"),
        program("chromium", "chromium"),
        program("chromedriver", "chromedriver"),
        library("google-noto-sans-fonts"),
        program("sox", "sox"),
        program("coturn", "turnserver"),
        program("janus", "janus"),
        program("libfaketime", "faketime"),
        program("procps-ng", "kill"),
        program("python3", "python3"),
        program("dunst", "dunst"),
        program("gnome-keyring", "gnome-keyring-daemon"),
        program("libsecret", "secret-tool"),
        program("xrandr", "xrandr"),
        program("desktop-file-utils", "desktop-file-validate"),
        program("xdg-utils", "xdg-open"),
        program("rpm", "rpm"),
        program("cpio", "cpio"),
    ],
};

#[derive(Debug)]
pub(super) struct List {
    build: &'static [Package],
    test: &'static [Package],
}

impl List {
    pub(super) fn wanted(&self, purpose: Purpose) -> impl Iterator<Item = Package> {
        let test = match purpose {
            Purpose::Run => &[],
            Purpose::Test => self.test,
        };
        self.build.iter().chain(test).copied()
    }
}
