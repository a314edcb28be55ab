// Builds the prebuilt JupyterLab extension with esbuild: one ES module, and a small module
// federation container in front of it that takes what JupyterLab shares from JupyterLab.
// Rspack does the same in a minute of downloads; this takes a second, so `pip install` can do it.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SHARED =
  /^(react|react-dom|yjs|@rjsf\/(utils|validator-ajv8)|@jupyter\/[a-z-]+|@jupyterlab\/[a-z-]+|@lumino\/[a-z-]+)$/;

process.chdir(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const symbol = `globalThis[Symbol.for(${JSON.stringify(`${manifest.name}:shared`)})]`;
const out = manifest.jupyterlab.outputDir;
const folder = join(out, 'static');
const digest = text => createHash('sha256').update(text).digest('hex').slice(0, 16);

const shared = new Set();
const fromJupyterLab = {
  name: 'from-jupyterlab',
  setup(builder) {
    builder.onResolve({ filter: SHARED }, ({ path }) => {
      shared.add(path);
      return { path, namespace: 'from-jupyterlab' };
    });
    builder.onLoad({ filter: /.*/, namespace: 'from-jupyterlab' }, ({ path }) => ({
      contents: `module.exports = ${symbol}[${JSON.stringify(path)}]`,
      loader: 'js'
    }));
  }
};

const bundle = await build({
  entryPoints: ['src/index.ts'],
  outfile: 'extension.js',
  bundle: true,
  write: false,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'transform',
  loader: { '.svg': 'text' },
  define: { VERSION: JSON.stringify(manifest.version) },
  plugins: [fromJupyterLab],
  logLevel: 'warning'
});
const code = bundle.outputFiles[0].text;
const styles = await build({
  entryPoints: ['style/index.css'],
  bundle: true,
  write: false,
  minify: true,
  logLevel: 'warning'
});
const module = `extension.${digest(code)}.js`;

const container = `(() => {
const base = document.currentScript.src.replace(/[^/]*$/, '');
const shared = ${JSON.stringify([...shared].sort())};
let scope;
const load = async () => {
  const found = ${symbol} = {};
  await Promise.all(shared.map(async name => {
    const versions = scope[name];
    if (!versions) throw new Error('${manifest.name}: this JupyterLab does not share ' + name);
    const one = Object.values(versions).find(each => each.loaded) ?? Object.values(versions)[0];
    found[name] = (await one.get())();
  }));
  return import(base + ${JSON.stringify(module)});
};
(globalThis._JUPYTERLAB ??= {})[${JSON.stringify(manifest.name)}] = {
  init(given) { scope = given; },
  async get(name) {
    if (name === './style') return () => {
      const style = document.createElement('style');
      style.textContent = ${JSON.stringify(styles.outputFiles[0].text)};
      document.head.append(style);
      return {};
    };
    // JupyterLab writes on the module that it gets, and an ES module's own object is frozen.
    const found = { __esModule: true, ...(await load()) };
    return () => found;
  }
};
})();
`;
const remote = `remoteEntry.${digest(container)}.js`;

rmSync(out, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, module), code);
writeFileSync(join(folder, remote), container);
writeFileSync(join(folder, 'style.js'), '/* the container brings the styles */\n');
const { name, version, description, license, jupyterlab } = manifest;
const published = { name, version, description, license };
const schemas = join(out, 'schemas', name);
cpSync(jupyterlab.schemaDir, schemas, { recursive: true });
writeFileSync(
  join(schemas, 'package.json.orig'),
  JSON.stringify({ ...published, jupyterlab: { extension: true, schemaDir: 'schema' } }, null, 2)
);
const _build = { load: `static/${remote}`, extension: './extension', style: './style' };
writeFileSync(
  join(out, 'package.json'),
  JSON.stringify({ ...published, jupyterlab: { ...jupyterlab, _build } }, null, 2)
);
const size = readdirSync(folder).reduce((sum, file) => sum + readFileSync(join(folder, file)).length, 0);
console.log(`${module}: ${code.length} bytes; all of it: ${size} bytes`);
