//! Line plots as inline SVG.

use maud::{Markup, html};

/// The size of a plot in user units, which are pixels where the page is wide enough.
pub struct Canvas {
    pub class: &'static str,
    pub width: f64,
    pub height: f64,
}

/// For pages as wide as a tablet and wider. The style sheet shows one of the two.
pub const WIDE: Canvas = Canvas { class: "plot wide", width: 760.0, height: 420.0 };
/// For phones, with letters that stay as large.
pub const NARROW: Canvas = Canvas { class: "plot narrow", width: 350.0, height: 330.0 };

const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 46.0;

/// A mark on an axis: where, from 0 to 1, and its label.
pub type Tick = (f64, String);

impl Canvas {
    /// Horizontal place of a fraction of the x axis.
    pub fn x(&self, fraction: f64) -> f64 {
        LEFT + fraction * (self.width - LEFT - RIGHT)
    }

    /// Vertical place of a fraction of the y axis, which points upwards.
    pub fn y(&self, fraction: f64) -> f64 {
        self.height - BOTTOM - fraction * (self.height - TOP - BOTTOM)
    }

    /// The plot: axes with grid lines, then what is drawn on them.
    pub fn draw(&self, description: &str, axes: &Axes, content: Markup) -> Markup {
        html! {
            svg class=(self.class) viewBox={ "0 0 " (self.width) " " (self.height) }
                role="img" aria-label=(description) {
                (axes.grid(self))
                (content)
            }
        }
    }

    /// A line through points given as fractions of both axes.
    pub fn path(&self, points: impl IntoIterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        for (x, y) in points {
            let command = if path.is_empty() { 'M' } else { 'L' };
            path += &format!("{command}{:.1} {:.1}", self.x(x), self.y(y));
        }
        path
    }

    /// An unseen disc that shows a text while the pointer rests on it.
    pub fn hover(&self, (x, y): (f64, f64), text: &str) -> Markup {
        html! {
            circle.hover cx=(coordinate(self.x(x))) cy=(coordinate(self.y(y))) r="7" {
                title { (text) }
            }
        }
    }
}

/// Both axes.
pub struct Axes {
    pub x: Vec<Tick>,
    pub y: Vec<Tick>,
    pub x_label: &'static str,
    pub y_label: &'static str,
}

impl Axes {
    fn grid(&self, canvas: &Canvas) -> Markup {
        let [left, right] = [0.0, 1.0].map(|end| coordinate(canvas.x(end)));
        let [bottom, top] = [0.0, 1.0].map(|end| coordinate(canvas.y(end)));
        html! {
            g.grid aria-hidden="true" {
                @for (fraction, label) in &self.y {
                    @let y = canvas.y(*fraction);
                    line x1=(left) x2=(right) y1=(coordinate(y)) y2=(coordinate(y)) {}
                    text x=(coordinate(LEFT - 8.0)) y=(coordinate(y + 4.0)) text-anchor="end" {
                        (label)
                    }
                }
                @for (fraction, label) in &self.x {
                    @let x = coordinate(canvas.x(*fraction));
                    line x1=(x) x2=(x) y1=(bottom) y2=(top) {}
                    text x=(x) y=(coordinate(canvas.height - BOTTOM + 18.0)) text-anchor="middle" {
                        (label)
                    }
                }
            }
            g.axis-labels aria-hidden="true" {
                text x=(coordinate(LEFT - 48.0)) y="14" { "↑ " (self.y_label) }
                text x=(right) y=(coordinate(canvas.height - 6.0)) text-anchor="end" {
                    (self.x_label) " →"
                }
            }
        }
    }
}

/// A logarithmic axis from 1.
pub struct LogAxis {
    end: f64,
}

impl LogAxis {
    /// An axis that reaches to `largest`, and at least to 10.
    pub fn new(largest: u64) -> Self {
        LogAxis { end: largest.max(10) as f64 }
    }

    /// The place of a value, from 0 to 1.
    pub fn fraction(&self, value: u64) -> f64 {
        (value.max(1) as f64).ln() / self.end.ln()
    }

    /// Marks at the powers of ten.
    pub fn ticks(&self) -> Vec<Tick> {
        powers_of_ten()
            .take_while(|&power| power as f64 <= self.end)
            .map(|power| (self.fraction(power), short(power)))
            .collect()
    }
}

/// 1, 10, 100 and so on.
pub fn powers_of_ten() -> impl Iterator<Item = u64> {
    (0..19).map(|exponent| 10_u64.pow(exponent))
}

/// A power of ten as short as an axis needs it.
fn short(power: u64) -> String {
    match power {
        1_000_000.. => format!("{}M", super::count(power / 1_000_000)),
        _ => super::count(power),
    }
}

/// A coordinate to a tenth of a unit.
pub fn coordinate(value: f64) -> String {
    format!("{value:.1}")
}
