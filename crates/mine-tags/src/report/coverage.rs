//! How many captions the first tags cover.

use maud::{Markup, html};
use tag_frequency::{Coverage, CoveragePoint};

use super::ReportData;
use super::numbers::{count, percent};
use super::plot::{Axes, Canvas, LogAxis, NARROW, WIDE, coordinate, powers_of_ten};

/// Points of the curve.
const STEPS: u32 = 160;
/// Space for "99.9%", and between it and its mark.
const LABEL_WIDTH: f64 = 46.0;
const LABEL_GAP: f64 = 7.0;

/// Number of candidates: the chosen number, or all tags where there are fewer.
pub fn top(data: &ReportData<'_>) -> u32 {
    data.top.min(data.ranking.tags.len()) as u32
}

pub fn section(data: &ReportData<'_>) -> Markup {
    let coverage = &data.ranking.coverage;
    let tags = data.ranking.tags.len() as u32;
    let top = top(data);
    html! {
        section aria-labelledby="coverage" {
            h2 id="coverage" { "What the most frequent tags cover" }
            p {
                "The share of captions that mention at least one of the first tags, all kinds "
                "together."
                @if !coverage.is_exact() {
                    " Computed from a random sample of " (count(coverage.captions()))
                    " captions."
                }
            }
            div.with-table {
                figure {
                    (plot(&WIDE, coverage, tags, top))
                    (plot(&NARROW, coverage, tags, top))
                }
                (table(coverage, tags, top))
            }
        }
    }
}

/// The numbers of tags that are marked and listed: powers of ten.
fn milestones(tags: u32) -> impl Iterator<Item = u32> {
    powers_of_ten().map_while(|power| u32::try_from(power).ok()).take_while(move |&k| k <= tags)
}

fn plot(canvas: &Canvas, coverage: &Coverage, tags: u32, top: u32) -> Markup {
    let scale = LogAxis::new(tags.into());
    let place = |point: &CoveragePoint| (scale.fraction(point.top.into()), point.covered);
    let curve: Vec<CoveragePoint> = log_steps(tags).map(|k| coverage.at(k)).collect();
    let marks: Vec<CoveragePoint> = milestones(tags).map(|k| coverage.at(k)).collect();
    let labels = place_labels(marks.iter().map(|mark| canvas.x(place(mark).0)), canvas.x(1.0));
    let axes = Axes {
        x: scale.ticks(),
        y: [0, 20, 40, 60, 80, 100].map(|share| (f64::from(share) / 100.0, format!("{share}%"))).to_vec(),
        x_label: "number of tags, most frequent first",
        y_label: "captions with at least one",
    };
    let description = format!(
        "Share of captions covered, rising to {} at {} tags.",
        percent(coverage.at(top).covered),
        count(top.into()),
    );
    canvas.draw(
        &description,
        &axes,
        html! {
            (top_line(canvas, scale.fraction(top.into()), &coverage.at(top)))
            path.curve.coverage d=(canvas.path(curve.iter().map(place))) {}
            @for (mark, label) in marks.iter().zip(labels) {
                (milestone(canvas, place(mark), mark, label))
            }
            @for point in &curve {
                @let share = percent(point.covered);
                (canvas.hover(place(point), &format!("{} tags: {share}", count(point.top.into()))))
            }
        },
    )
}

/// Numbers from 1 to `end` that lie evenly on a logarithmic axis, each once.
fn log_steps(end: u32) -> impl Iterator<Item = u32> {
    let mut last = 0;
    (0..=STEPS).filter_map(move |step| {
        let step = f64::from(step) / f64::from(STEPS);
        let number = f64::from(end).powf(step).round() as u32;
        let is_new = number > last && number <= end;
        last = last.max(number);
        is_new.then_some(number)
    })
}

/// Where the label of a milestone stands: its reference point and side.
struct Label {
    x: f64,
    anchor: &'static str,
}

/// Places the labels of milestones, given by their x coordinates: to the right of each, inside the
/// plot, and only where there is space.
fn place_labels(xs: impl Iterator<Item = f64>, right_edge: f64) -> impl Iterator<Item = Option<Label>> {
    let mut taken_to = 0.0;
    xs.map(move |x| {
        let fits = x + LABEL_GAP + LABEL_WIDTH <= right_edge;
        let start = if fits { x + LABEL_GAP } else { right_edge - LABEL_WIDTH };
        let is_free = start >= taken_to;
        is_free.then(|| {
            taken_to = start + LABEL_WIDTH;
            let (x, anchor) = if fits { (start, "start") } else { (right_edge, "end") };
            Label { x, anchor }
        })
    })
}

fn milestone(canvas: &Canvas, (x, y): (f64, f64), point: &CoveragePoint, label: Option<Label>) -> Markup {
    let y = canvas.y(y);
    html! {
        circle.milestone cx=(coordinate(canvas.x(x))) cy=(coordinate(y)) r="4" {}
        @if let Some(label) = label {
            // The free side of a rising curve is below.
            text.value x=(coordinate(label.x)) y=(coordinate(y + 17.0)) text-anchor=(label.anchor) {
                (percent(point.covered))
            }
        }
    }
}

/// A line at the number of candidates.
fn top_line(canvas: &Canvas, fraction: f64, point: &CoveragePoint) -> Markup {
    let x = coordinate(canvas.x(fraction));
    let (anchor, shift) = if fraction > 0.5 { ("end", -8.0) } else { ("start", 8.0) };
    let label_x = coordinate(canvas.x(fraction) + shift);
    html! {
        line.top x1=(x) x2=(x) y1=(coordinate(canvas.y(0.0))) y2=(coordinate(canvas.y(1.0))) {}
        g.top-label text-anchor=(anchor) {
            text x=(label_x) y=(coordinate(canvas.y(0.0) - 30.0)) {
                "top " (count(point.top.into()))
            }
            text.value x=(label_x) y=(coordinate(canvas.y(0.0) - 12.0)) {
                (percent(point.covered)) " of captions"
            }
        }
    }
}

fn table(coverage: &Coverage, tags: u32, top: u32) -> Markup {
    let mut rows: Vec<u32> = milestones(tags).chain([top, tags]).filter(|&k| k > 0).collect();
    rows.sort_unstable();
    rows.dedup();
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th scope="col" { "First tags" }
                        th scope="col" { "Covered" }
                        th scope="col" { "Tags a caption" }
                    }
                }
                tbody {
                    @for point in rows.into_iter().map(|k| coverage.at(k)) {
                        tr {
                            th scope="row" {
                                (count(point.top.into()))
                                @if point.top == tags { span.note { " all" } }
                                @else if point.top == top { span.note { " candidates" } }
                            }
                            td { (percent(point.covered)) }
                            td { (format!("{:.2}", point.tags_per_caption)) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stay_inside_and_apart() {
        let labels = place_labels([0.0, 40.0, 60.0, 180.0, 195.0].into_iter(), 200.0);
        let labels: Vec<_> = labels.map(|label| label.map(|label| (label.x, label.anchor))).collect();
        let expected = [Some((7.0, "start")), None, Some((67.0, "start")), Some((200.0, "end")), None];
        assert_eq!(labels, expected);
    }

    #[test]
    fn log_steps_rise_from_one_to_the_end() {
        for end in [1, 2, 9, 5000] {
            let steps: Vec<u32> = log_steps(end).collect();
            assert_eq!((steps.first(), steps.last()), (Some(&1), Some(&end)));
            assert!(steps.is_sorted_by(|a, b| a < b));
        }
        assert_eq!(log_steps(0).count(), 0);
    }
}
