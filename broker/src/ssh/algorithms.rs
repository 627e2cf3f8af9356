//! Which algorithms are spoken, and how the connections are tuned.

use std::borrow::Cow;
use std::sync::Arc;

use russh::keys::{Algorithm, HashAlg, PublicKey};
use russh::{
    MethodKind, MethodSet, Preferred, SshId, cipher, client, compression, kex, mac, server,
};

use crate::settings::Settings;
use crate::wire::MOST_HELD;

/// What we call ourselves. The version is nobody's business before sign-in.
const ID: &str = "SSH-2.0-Drawbridge";

/// The largest packet that russh takes.
const MAXIMUM_PACKET: u32 = 65_535;

/// What a peer may send before we have taken it. A multiple of it costs more in
/// buffering than it gains.
const WINDOW: u32 = 2 << 20;

/// Messages between a channel's task and its connection.
const EVENTS: usize = 64;

/// Vendors: post-quantum or elliptic key exchange, and AES-GCM alone. Every client
/// of the last ten years speaks it, and unlike ChaCha20-Poly1305 and the
/// encrypt-then-MAC modes it stands against CVE-2023-48795 (Terrapin) even where
/// the client doesn't know strict key exchange.
const VENDOR: Preferred = Preferred {
    kex: Cow::Borrowed(&[
        kex::MLKEM768X25519_SHA256,
        kex::CURVE25519,
        kex::CURVE25519_PRE_RFC_8731,
        kex::EXTENSION_SUPPORT_AS_SERVER,
        kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
    ]),
    key: Cow::Borrowed(&[Algorithm::Ed25519]),
    host_key_certificates: Cow::Borrowed(&[]),
    cipher: Cow::Borrowed(&[cipher::AES_256_GCM, cipher::AES_128_GCM]),
    mac: Cow::Borrowed(&[mac::HMAC_SHA512_ETM, mac::HMAC_SHA256_ETM]),
    compression: Cow::Borrowed(&[compression::NONE]),
};

/// Assets: AES-GCM first, since it costs half of ChaCha20-Poly1305; nothing with
/// SHA-1, CBC or small groups.
const ASSET_KEX: &[kex::Name] = &[
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::MLKEM768X25519_SHA256,
    kex::DH_GEX_SHA256,
    kex::DH_G18_SHA512,
    kex::DH_G17_SHA512,
    kex::DH_G16_SHA512,
    kex::DH_G15_SHA512,
    kex::DH_G14_SHA256,
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
];
const ASSET_CIPHERS: &[cipher::Name] = &[
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_128_CTR,
    cipher::AES_192_CTR,
    cipher::AES_256_CTR,
];
const ASSET_MACS: &[mac::Name] = &[
    mac::HMAC_SHA256_ETM,
    mac::HMAC_SHA512_ETM,
    mac::HMAC_SHA256,
    mac::HMAC_SHA512,
];

/// How the broker meets vendors.
pub(crate) fn for_vendors(settings: &Settings) -> Arc<server::Config> {
    Arc::new(server::Config {
        server_id: SshId::Standard(Cow::Borrowed(ID)),
        methods: password_only(),
        auth_rejection_time: REJECTION,
        // Every client asks first what there is.
        auth_rejection_time_initial: Some(std::time::Duration::ZERO),
        keys: vec![settings.host_key.clone()],
        certificates: Vec::new(),
        limits: russh::Limits::default(),
        window_size: WINDOW,
        maximum_packet_size: MAXIMUM_PACKET,
        // Nobody reads these queues: the handler takes what comes.
        channel_buffer_size: 1,
        event_buffer_size: EVENTS,
        preferred: VENDOR,
        // The handler counts tickets; this ends whoever only ever tries other things.
        max_auth_attempts: 16,
        inactivity_timeout: None,
        // A keepalive before authentication ends OpenSSH's client, and russh would
        // send one: the session has its own.
        keepalive_interval: None,
        keepalive_max: 0,
        nodelay: true,
    })
}

/// A refusal takes this long, whatever its cause.
const REJECTION: std::time::Duration = std::time::Duration::from_secs(1);

/// The only way in.
pub(crate) fn password_only() -> MethodSet {
    MethodSet::from(&[MethodKind::Password][..])
}

/// How the broker meets the asset whose pinned host key this is. Only that kind of
/// key is asked for, so that an asset with several shows the pinned one.
pub(crate) fn for_asset(pinned: &PublicKey) -> Arc<client::Config> {
    Arc::new(client::Config {
        client_id: SshId::Standard(Cow::Borrowed(ID)),
        limits: russh::Limits::default(),
        window_size: WINDOW,
        maximum_packet_size: MAXIMUM_PACKET,
        // So large that the connection never waits to put something into it.
        channel_buffer_size: MOST_HELD,
        preferred: Preferred {
            kex: Cow::Borrowed(ASSET_KEX),
            key: signatures_of(pinned),
            host_key_certificates: Cow::Borrowed(&[]),
            cipher: Cow::Borrowed(ASSET_CIPHERS),
            mac: Cow::Borrowed(ASSET_MACS),
            compression: Cow::Borrowed(&[compression::NONE]),
        },
        inactivity_timeout: None,
        keepalive_interval: None,
        keepalive_max: 0,
        anonymous: false,
        gex: client::GexParams::default(),
        nodelay: true,
    })
}

fn signatures_of(pinned: &PublicKey) -> Cow<'static, [Algorithm]> {
    let algorithm = pinned.algorithm();
    if !matches!(algorithm, Algorithm::Rsa { .. }) {
        return Cow::Owned(vec![algorithm]);
    }
    // The key is the same under each; its own name stands for SHA-1.
    Cow::Borrowed(&[
        Algorithm::Rsa {
            hash: Some(HashAlg::Sha512),
        },
        Algorithm::Rsa {
            hash: Some(HashAlg::Sha256),
        },
    ])
}
