const pieces = 90;
const lastsMs = 2_600;
const gravity = 900;

/** Lets confetti fly out of an element, on a canvas over the whole page that is there for that time alone. */
export function createConfetti(canvas, accent) {
  const context = canvas.getContext('2d');
  const colors = [accent, '#ffd166', '#ef476f', '#4cc9f0', '#ffffff'];
  let flying = [];
  let last;

  function launch({ left, top, width, height }) {
    const now = performance.now();
    const force = Math.min(innerWidth, innerHeight * 2) / 2;
    flying = flying.slice(-pieces);
    for (let index = 0; index < pieces; index += 1) {
      const angle = -Math.PI / 2 + (Math.random() - 0.5) * 2.2;
      const speed = force * (0.35 + Math.random() * 0.9);
      flying.push({
        x: left + width * Math.random(),
        y: top + height / 2,
        vx: Math.cos(angle) * speed,
        vy: Math.sin(angle) * speed,
        size: 3 + Math.random() * Math.max(4, height / 14),
        turn: Math.random() * Math.PI,
        spin: (Math.random() - 0.5) * 14,
        color: colors[index % colors.length],
        until: now + lastsMs * (0.6 + 0.4 * Math.random()),
      });
    }
    if (last !== undefined) return;
    canvas.width = innerWidth;
    canvas.height = innerHeight;
    canvas.hidden = false;
    last = now;
    requestAnimationFrame(frame);
  }

  function frame(now) {
    const seconds = Math.min(0.05, (now - last) / 1000);
    last = now;
    context.clearRect(0, 0, canvas.width, canvas.height);
    flying = flying.filter(({ until, y }) => until > now && y < canvas.height + 40);
    for (const piece of flying) drawPiece(piece, seconds, now);
    if (flying.length > 0) return requestAnimationFrame(frame);
    canvas.hidden = true;
    last = undefined;
    return undefined;
  }

  function drawPiece(piece, seconds, now) {
    piece.vy += gravity * seconds;
    piece.vx *= 1 - 0.9 * seconds;
    piece.x += piece.vx * seconds;
    piece.y += piece.vy * seconds;
    piece.turn += piece.spin * seconds;
    context.save();
    context.globalAlpha = Math.min(1, (piece.until - now) / 500);
    context.translate(piece.x, piece.y);
    context.rotate(piece.turn);
    context.fillStyle = piece.color;
    context.fillRect(-piece.size / 2, -piece.size / 4, piece.size, piece.size / 2);
    context.restore();
  }

  return launch;
}
