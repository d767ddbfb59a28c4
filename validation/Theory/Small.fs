/// Small networks in float64, and what the theorems' programs ask of the core again and again.
module internal Foof.Validation.Small

open System
open Foof
open Foof.Explicit
open TorchSharp

/// The type of all numbers.
let double = torch.ScalarType.Float64

/// Standard normal numbers of this shape.
let normal (shape: int list) = torch.randn (shape |> List.map int64 |> List.toArray, dtype = double)

/// The only element of a tensor.
let number (scalar: torch.Tensor) = (Dense.values scalar).[0]

/// |actual - expected| / |expected| of two tensors.
let distance (expected: torch.Tensor) (actual: torch.Tensor) =
    Dense.distance (Dense.values expected) (Dense.values actual)

/// `distance` of two vectors in weight space.
let distanceOf (expected: torch.Tensor array) (actual: torch.Tensor array) =
    Dense.distance (Weights.numbers expected) (Weights.numbers actual)

/// x . y of two vectors in weight space.
let dot x y = number (WeightVector.dot x y)

/// cos(x, y) of two vectors in weight space.
let cosine x y = dot x y / sqrt (dot x x * dot y y)

/// A linear layer of normal weights with the standard deviation scale / sqrt(inputs).
let linear (scale: float) (inputs: int) (outputs: int) (bias: bool) : torch.nn.Module<torch.Tensor, torch.Tensor> =
    let layer = torch.nn.Linear(int64 inputs, int64 outputs, bias, dtype = double)
    torch.nn.init.normal_ (layer.weight, 0.0, scale / sqrt (float inputs)) |> ignore
    layer

/// Linear layers of these widths with a function between them.
let perceptron (widths: int list) (between: torch.Tensor -> torch.Tensor) bias =
    let layers = List.pairwise widths |> List.map (fun (inputs, outputs) -> linear 1.0 inputs outputs bias)

    let run (layer: int -> torch.Tensor -> torch.Tensor) x =
        Seq.init (layers.Length - 1) id |> Seq.fold (fun x l -> between (layer l x)) x |> layer (layers.Length - 1)

    new Network(layers |> List.mapi (fun l layer -> $"layer{l + 1}", layer), run)

/// All layers of a network, and its likelihood.
let problem (network: Network) likelihood = Foof.Problem.OfModel(network, likelihood)

/// The Fisher's factor at inputs, and at labels where the rule wants them.
let factor (problem: Foof.Problem) fisher input target = Fisher.factor problem fisher { Input = input; Target = target }

/// The mean gradient of the loss, one [d_out; d_in] a layer.
let gradient problem input target = factor problem Fisher.Empirical input target |> Jacobian.meanGradient

/// The loss, a mean over data points.
let loss (problem: Foof.Problem) input target =
    Scope.value (fun () -> number (Likelihood.loss problem.Likelihood (ForwardPass.output problem.Model input) target))

/// A copy of the layers' weights with their biases, one [d_out; d_in] a layer.
let weights (problem: Foof.Problem) = WeightPenalty.copied problem.Layers

/// Gives the layers new weights.
let setWeights (problem: Foof.Problem) (theta: torch.Tensor array) =
    use _quiet = torch.no_grad ()
    use _scope = torch.NewDisposeScope()

    for layer, W in Array.zip problem.Layers theta do
        let values = Layer.split layer W
        layer.Weight.copy_ values.Weight |> ignore
        layer.Bias |> ValueOption.iter (fun bias -> bias.copy_ values.Bias.Value |> ignore)

/// theta <- theta + step direction.
let move problem (step: float) direction = setWeights problem (WeightVector.axpy step direction (weights problem))

/// (C + lambda I)^-1 v; the pseudo-inverse for lambda = 0.
let solve lambda curvature v = Factored.solve (Factored.make Damping.Tikhonov lambda curvature) v

/// (D + 0)^power of a curvature, applied to v.
let powerOf (power: float) curvature v =
    match Factored.attempt Factorization.attempts Damping.Tikhonov power ignore 0.0 curvature with
    | Some factored -> Factored.solve factored v
    | None -> raise (NumericalFailure($"The power {power} failed", "a curvature", "check its eigenvalues"))

/// How many steps it takes until `isDone` is true: `step` is run up to `most` times; infinity if that is not enough, or
/// after a numerical failure.
let stepsUntil (most: int) (isDone: unit -> bool) (step: unit -> unit) =
    let rec count taken =
        if isDone () then
            float taken
        elif taken = most then
            infinity
        else
            Scope.value step
            count (taken + 1)

    try
        count 0
    with :? NumericalFailure ->
        infinity

/// The slope of log y over log x by least squares.
let exponent (x: float array) (y: float array) =
    let x, y = Array.map log x, Array.map log y
    let mx, my = Array.average x, Array.average y
    let covariance = Array.map2 (fun x y -> (x - mx) * (y - my)) x y |> Array.sum
    covariance / Array.sumBy (fun x -> (x - mx) ** 2.0) x

/// The mean of numbers and its standard error.
let meanAndError (values: float array) =
    let n, mean = float values.Length, Array.average values
    struct (mean, sqrt (Array.sumBy (fun x -> (x - mean) ** 2.0) values / (n * (n - 1.0))))

/// Findings without plots.
let found (statements: Statement list) = { Statements = List.toArray statements; Plots = [||] }

/// A series from points.
let series name (points: (float * float) seq) =
    let x, y = points |> Seq.toArray |> Array.unzip
    { Name = name; X = x; Y = y }

/// A program: it draws from libtorch's default generator, and what it made is freed when it ends.
let program (run: Threading.CancellationToken -> Findings) =
    Func<int64, Threading.CancellationToken, Findings>(fun seed cancellation ->
        torch.random.manual_seed seed |> ignore
        let threads = torch.get_num_threads ()
        // Matrices are small: more threads would only wait for each other, and round differently.
        torch.set_num_threads 1

        try
            Scope.value (fun () -> run cancellation)
        finally
            torch.set_num_threads threads)
