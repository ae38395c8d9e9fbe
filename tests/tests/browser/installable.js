// The manifest and its icons.
window.__installable = {
  // The manifest's type, its text, its addresses as the browser resolves them, and those below a proxy's path prefix.
  manifest() {
    return fetch(document.querySelector("link[rel=manifest]").href).then(async (answer) => {
      const manifest = await answer.json();
      const prefixed = new URL("/below/a/prefix" + new URL(answer.url).pathname, location.origin);
      const paths = (base) => [manifest.start_url, manifest.scope, ...manifest.icons.map((icon) => icon.src)]
        .map((address) => new URL(address, base).pathname);
      return [answer.headers.get("content-type"), manifest, paths(answer.url), paths(prefixed)];
    });
  },

  // For each icon: its type, its size as the browser decodes it, and how far its picture is from that of its SVG, in
  // thousandths of full scale.
  icons() {
    return (async () => {
      const link = document.querySelector("link[rel=manifest]").href;
      const { icons } = await (await fetch(link)).json();
      const draw = async (src, size) => {
        const image = new Image();
        image.src = new URL(src, link);
        await image.decode();
        const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0, size, size);
        return [image.naturalWidth, context.getImageData(0, 0, size, size).data];
      };
      const vectors = icons.filter((icon) => icon.sizes === "any");
      return Promise.all(icons.map(async ({ src, type, sizes, purpose }) => {
        const served = (await fetch(new URL(src, link))).headers.get("content-type");
        if (sizes === "any")
        return [served === type, sizes, (await draw(src, 64))[1].some((channel) => channel > 0), 0];
        const size = parseInt(sizes);
        const [width, pixels] = await draw(src, size);
        const [, wanted] = await draw(vectors.find((vector) => vector.purpose === purpose).src, size);
        const distance = pixels.reduce((sum, channel, at) => sum + Math.abs(channel - wanted[at]), 0);
        return [served === type, sizes, width === size, Math.round(1000 * distance / pixels.length / 255)];
      }));
    })();
  },

  themeColors: () => [...document.querySelectorAll("meta[name=theme-color]")].map((e) => [e.media, e.content]),
};
