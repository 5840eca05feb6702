// Files of small pair networks with random weights, for the embedded parser. Also included in the
// body of a documentation example, hence the full paths.

/// A head: its name, the width of its hidden layer, its classes, and the rows of its tables.
#[derive(Clone, Debug)]
pub struct HeadShape(pub &'static str, pub usize, pub usize, pub Vec<usize>);

/// What a network is to be like.
#[derive(Clone, Debug)]
pub struct Shape {
    pub layers: usize,
    /// Rows of the words' tables.
    pub tables: Vec<usize>,
    /// Classes of words.
    pub classes: usize,
    pub heads: Vec<HeadShape>,
}

impl Default for Shape {
    fn default() -> Self {
        let heads = vec![HeadShape("link", 16, 3, vec![6]), HeadShape("relation", 32, 20, vec![5, 4, 3, 7])];
        Self { layers: 2, tables: vec![8, 9], classes: 2, heads }
    }
}

impl Shape {
    /// The bytes of a file; the weights are drawn by the seed.
    pub fn file(&self, seed: u64) -> Vec<u8> {
        caption_parser::pairs::seal(&self.payload(seed))
    }

    /// The same without the header.
    pub fn payload(&self, seed: u64) -> Vec<u8> {
        let parser = caption_parser::Parser::embedded().expect("the embedded model is sound");
        let width = parser.width();
        let mut weights = Weights { state: seed, tensors: Vec::new() };
        let sizes = [width, self.layers, self.tables.len()].map(|size| (size as u32).to_le_bytes());
        weights.add("sizes", safetensors::Dtype::U32, vec![3], sizes.concat());
        weights.bytes("parser", parser.model_hash().as_bytes());
        weights.bytes("blob", b"for the user");
        weights.tables("word", &self.tables, width);
        weights.norm("word", width);
        for layer in 0..self.layers {
            weights.product(&format!("layer{layer}"), 3 * width, 2 * width, 8.0);
            weights.norm(&format!("layer{layer}"), width);
        }
        weights.product("word.head", width, self.classes, 8.0);
        let mut lines = String::new();
        for HeadShape(name, hidden, classes, tables) in &self.heads {
            lines += &format!("{name} {hidden} {classes} {}\n", tables.len());
            for map in ["first", "second", "first_factor", "second_factor"] {
                weights.product(&format!("{name}.{map}"), width, *hidden, 8.0);
            }
            weights.tables(name, tables, *hidden);
            weights.product(&format!("{name}.head"), *hidden, *classes, 32.0);
        }
        weights.bytes("heads", lines.as_bytes());
        let views = weights.tensors.iter().map(|(name, dtype, shape, bytes)| {
            let view = safetensors::tensor::TensorView::new(*dtype, shape.clone(), bytes);
            (name, view.expect("the bytes fit the shape"))
        });
        safetensors::serialize(views, None).expect("the tensors fit a file")
    }
}

struct Weights {
    state: u64,
    tensors: Vec<(String, safetensors::Dtype, Vec<usize>, Vec<u8>)>,
}

impl Weights {
    /// Between -1 and 1.
    fn next(&mut self) -> f32 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn add(&mut self, name: &str, dtype: safetensors::Dtype, shape: Vec<usize>, bytes: Vec<u8>) {
        self.tensors.push((name.to_owned(), dtype, shape, bytes));
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        self.add(name, safetensors::Dtype::U8, vec![bytes.len()], bytes.to_vec());
    }

    /// Values around `middle`, up to `reach` from it.
    fn floats(&mut self, name: &str, count: usize, middle: f32, reach: f32) {
        let bytes = (0..count).flat_map(|_| (middle + reach * self.next()).to_le_bytes()).collect();
        self.add(name, safetensors::Dtype::F32, vec![count], bytes);
    }

    fn integers(&mut self, name: &str, rows: usize, columns: usize) {
        let bytes = (0..rows * columns).map(|_| (127.0 * self.next()) as i8 as u8).collect();
        self.add(name, safetensors::Dtype::I8, vec![rows, columns], bytes);
    }

    fn norm(&mut self, name: &str, width: usize) {
        self.floats(&format!("{name}.norm"), width, 1.0, 0.5);
        self.floats(&format!("{name}.norm.bias"), width, 0.0, 0.5);
    }

    fn tables(&mut self, name: &str, rows: &[usize], width: usize) {
        for (number, &rows) in rows.iter().enumerate() {
            self.integers(&format!("{name}.{number}"), rows, width);
            self.floats(&format!("{name}.{number}.scale"), rows, 0.01, 0.005);
        }
    }

    /// A linear map whose inputs are at most `range`, and whose outputs vary as they do.
    fn product(&mut self, name: &str, inputs: usize, outputs: usize, range: f32) {
        let scale = 1.5 / (127.0 * (inputs as f32).sqrt());
        self.integers(name, inputs, outputs);
        self.floats(&format!("{name}.scale"), outputs, scale, scale / 2.0);
        self.floats(&format!("{name}.bias"), outputs, 0.0, 0.5);
        self.floats(&format!("{name}.input_scale"), 1, 32767.0 / range, 0.0);
    }
}
