//! Compiles `proto/` without `protoc`: the descriptor set first, Rust code from it second.

use prost::Message as _;
use std::collections::BTreeMap;
use std::{env, fs, path::Path};

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script so where to write")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();

    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_source_info(true).include_imports(true).open_files(files)?;
    let bytes = compiler.encode_file_descriptor_set();
    let out = Path::new(&env::var("OUT_DIR")?).to_owned();
    fs::write(out.join("descriptors.bin"), &bytes)?;

    let mut descriptors = prost_types::FileDescriptorSet::decode(bytes.as_slice())?;
    // These are read from the descriptors only.
    descriptors.file.retain(|file| file.package() != "google.api");
    fs::write(out.join("rpcs.rs"), rpcs(&descriptors))?;
    tonic_prost_build::configure()
        .codec_path("crate::codec::MessageCodec")
        .include_file("huishang.rs")
        .compile_fds(descriptors)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "proto") {
            files.push(path);
        }
    }
    Ok(())
}

/// For every rpc, what ties its request to its path and response; for a command, also what every command carries.
fn rpcs(descriptors: &prost_types::FileDescriptorSet) -> String {
    let ours = || descriptors.file.iter().filter(|file| file.package().starts_with("huishang."));
    let commands: Vec<String> = ours()
        .flat_map(|file| file.message_type.iter().map(move |message| (file, message)))
        .filter(|(_, message)| message.field.iter().any(|field| field.name() == "command_id"))
        .map(|(file, message)| format!(".{}.{}", file.package(), message.name()))
        .collect();
    let mut code = travelling(ours());
    for file in ours() {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                let request = rust_path(method.input_type());
                let kind = if method.server_streaming() { "StreamingRpc" } else { "Rpc" };
                code += &format!(
                    "impl {kind} for {request} {{ type Response = {}; const PATH: &'static str = \"{path}\"; }}\n",
                    rust_path(method.output_type()),
                );
                if commands.iter().any(|command| command == method.input_type()) {
                    code += &format!("command_request!({request});\n");
                }
            }
        }
    }
    code
}

/// For every message that is sent by itself, which way it goes.
fn travelling<'f>(files: impl Iterator<Item = &'f prost_types::FileDescriptorProto>) -> String {
    let methods = files.flat_map(|file| &file.service).flat_map(|service| &service.method);
    let messages: BTreeMap<&str, bool> =
        methods.flat_map(|method| [(method.output_type(), false), (method.input_type(), true)]).collect();
    let implement = |(message, is_request): (&str, bool)| {
        let message = rust_path(message);
        format!("impl codec::Travelling for {message} {{ const IS_REQUEST: bool = {is_request}; }}\n")
    };
    messages.into_iter().map(implement).collect()
}

fn rust_path(message: &str) -> String {
    message.replace(".huishang.", "crate::").replace('.', "::")
}
