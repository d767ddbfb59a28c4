/// Whitening can destroy generalisation.
///
/// Where training and test points together, n <= d, are whitened, their inner products are X X^T = n I: nothing tells a
/// test point from another, so networks with an isotropic first layer are at chance. Gradient descent on A^(-1/2) x is
/// undamped FOOF, Delta W = grad A^-1, with W = W' A^(-1/2). (Wadia et al. 2020)
module internal Foof.Validation.Whitening

open Foof
open Foof.Explicit
open Foof.Validation.Small
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private d, train = 80, 40
let private networks, units = 30, 16

/// Two classes, training points first: y mu + noise.
let private data () =
    let y =
        torch.where (
            torch.arange(int64 d).remainder(2.0.ToScalar()).eq(0.0.ToScalar()),
            torch.tensor 1.0,
            torch.tensor -1.0
        )
    let mu = torch.nn.functional.normalize (normal [ 1; d ], dim = 1L) * 8.0
    let struct (U, s, V) = torch.linalg.svd (y.unsqueeze 1L * mu + normal [ d; d ], fullMatrices = false)
    // As many points as inputs have a direction of nearly no variance, in which rounding would be all there is.
    struct ((U * s.clamp_min ((s[0] / 300.0).ToScalar())).mm V, y.unsqueeze 1L)

/// I (x) A over so many rows.
let private activations (rows: int64) (A: torch.Tensor) =
    Curvature.Kronecker(Side.Identity(rows, 1.0), Side.Full(A.unsqueeze 0L))

/// Many independent networks with one hidden layer each, side by side: tanh units and a fixed second layer.
let private sideBySide () =
    let a =
        (torch.randint (2L, [| int64 networks; int64 units |], dtype = torch.ScalarType.Int64)).``to`` double * 2.0
        - 1.0

    let run (layer: int -> torch.Tensor -> torch.Tensor) (x: torch.Tensor) =
        ((layer 0 x).tanh().view(x.size 0, int64 networks, int64 units) * a).sum 2L / sqrt (float units)

    problem (new Network([ "first", linear 1.0 d (networks * units) false ], run)) (Likelihood.Gaussian 1.0)

/// Each network's share of points on the right side.
let private accuracies (problem: Foof.Problem) X (y: torch.Tensor) =
    let right = (ForwardPass.output problem.Model X * y).gt(0.0.ToScalar()).``to`` double
    Dense.values (right.mean [| 0L |])

/// Trains on the first points along a direction made of the gradient.
let private train' (problem: Foof.Problem) (X: torch.Tensor) (y: torch.Tensor) steps rate direction =
    let input, target = X.narrow (0L, 0L, int64 train), (y.narrow (0L, 0L, int64 train)).expand(-1L, int64 networks)

    for _ in 1..steps do
        Scope.value (fun () -> move problem -rate (direction (gradient problem input target)))

let private test (tensor: torch.Tensor) = tensor.narrow (0L, int64 train, int64 (d - train))

/// Test accuracy of the linear model that is trained by the flow of FOOF until the mean squared error is 0.05, and how
/// large its test outputs are beside the training outputs, root mean squares.
let private linearFlow (A: torch.Tensor) (lambda: float) (X: torch.Tensor) (y: torch.Tensor) =
    let damped = (solve lambda (activations (X.size 0) A) [| X |])[0]
    let K = Dense.ofTensor (damped.mm (X.narrow(0L, 0L, int64 train).t()))
    let ofTrain = K.SubMatrix(0, train, 0, train)
    let found = ((ofTrain + ofTrain.Transpose()) / 2.0).Evd Symmetricity.Symmetric
    let Q, s = found.EigenVectors, found.EigenValues.Real()
    let target = Q.TransposeThisAndMultiply((Dense.ofTensor y).Column(0).SubVector(0, train))
    let remaining t =
        (s.PointwiseMultiply(Vector<float>.Build.Dense(train, -t / float train))).PointwiseExp().PointwiseMultiply
            target

    let rec stop low high =
        let middle = sqrt (low * high)
        if high / low < 1.0 + 1e-9 then middle
        elif (remaining middle).L2Norm() ** 2.0 / float train > 0.05 then stop middle high
        else stop low middle

    // K_train^-1 (1 - exp(-K t / n)) y: what the training points count.
    let counts = Q * (target - remaining (stop 1e-6 1e9)).PointwiseDivide s
    let f = K * counts
    let ofTest = f.SubVector(train, d - train)
    let right = Seq.zip ofTest (Dense.values (test y)) |> Seq.filter (fun (f, y) -> f * y > 0.0) |> Seq.length
    struct (float right / float (d - train), ofTest.L2Norm() / f.SubVector(0, train).L2Norm())

let private run (cancellation: System.Threading.CancellationToken) =
    let struct (X, y) = data ()
    let A = Statistic.activationFactor (int64 d) X
    let white = (powerOf -0.5 (activations (int64 d) A) [| X |])[0]

    // One network on whitened inputs by gradient descent, one on the inputs by FOOF.
    let descent, foof, raw = sideBySide (), sideBySide (), sideBySide ()
    let network = descent.Model
    let same = { foof with Model = network; Layers = descent.Layers }
    let start = weights descent
    let rows = int64 (networks * units)
    train' descent white y 30 0.5 id
    let ofDescent, whitened = ForwardPass.output network white, accuracies descent (test white) (test y)
    let onTrain = accuracies descent (white.narrow (0L, 0L, int64 train)) (y.narrow (0L, 0L, int64 train))
    cancellation.ThrowIfCancellationRequested()

    setWeights same (powerOf -0.5 (activations rows A) start)
    let inverse = Factored.make Damping.Tikhonov 0.0 (activations rows A)
    train' same X y 30 0.5 (Factored.solve inverse)
    let ofFoof = ForwardPass.output network X
    train' raw X y 30 0.1 id
    let struct (chance, error) = meanAndError whitened

    let struct (_, undamped) = linearFlow A 0.0 X y
    let lambdas = [| 1e-8; 1e-6; 1e-4; 1e-2; 1.0; 100.0 |]
    let damped = lambdas |> Array.map (fun lambda -> linearFlow A lambda X y)
    let accuracy i = let struct (accuracy, _) = damped[i] in accuracy
    let own = Statistic.activationFactor (int64 train) (X.narrow (0L, 0L, int64 train))
    let struct (ofTraining, _) = linearFlow own 1e-8 X y

    {
        Statements = [|
            Statement.Zero(
                "X X^T of whitened points against n I",
                distance (torch.eye (int64 d, dtype = double) * float d) (white.mm (white.t ()))
            )
            Statement.Zero("linear model: its outputs on test points over those on training points", undamped)
            Statement.Zero(
                "undamped FOOF against gradient descent on whitened inputs, outputs",
                distance ofDescent ofFoof
            )
            Statement.Equal("networks on whitened inputs: accuracy on training points", Array.average onTrain, 1.0)
            Statement.Mean("networks on whitened inputs: accuracy on test points", chance, 0.5, error)
            Statement.AtLeast(
                "networks on the inputs themselves",
                Array.average (accuracies raw (test X) (test y)),
                0.9
            )
            Statement.AtLeast("linear model, FOOF with lambda = 100: accuracy on test points", accuracy 5, 0.95)
            Statement.AtMost("linear model, FOOF with lambda = 1e-8", accuracy 0, 0.75)
            // What does not follow: A of the training points alone does no harm here.
            Statement.AtLeast("linear model, A from the training points, lambda = 1e-8", ofTraining, 0.9)
        |]
        Plots = [|
            {
                Title = "Damping restores generalisation: A of all points, linear model"
                XAxis = "damping lambda"
                YAxis = "accuracy on test points"
                LogarithmicX = true
                LogarithmicY = false
                Series = [| series "FOOF" (lambdas |> Seq.mapi (fun i lambda -> lambda, accuracy i)) |]
            }
        |]
    }

let theorem = {
    Row = 73
    Name = "whitening"
    Title = "Whitening can destroy generalisation"
    Source =
        "Wadia, Duckworth, Schoenholz, Dyer, Sohl-Dickstein 2020, \"Whitening and second order optimization both "
        + "make information in the dataset unusable during training, and can reduce or prevent generalization\""
    Claim =
        "Networks see data through inner products; whitening all points, or an undamped second-order method with "
        + "their statistics, makes these equal and leaves nothing to learn."
    Meaning =
        "Keep FOOF's and K-FAC's damping well above zero where a layer has more inputs than there are data "
        + "points; statistics of the training points alone did no harm here."
    Run = program run
}
