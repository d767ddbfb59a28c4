/// Three mechanisms of weight decay.
///
/// For L layers without biases and piecewise linear activations J theta = L f, hence theta^T G theta = L^2 mean |f|^2
/// and theta^T F theta = L^2 mean f^T Lambda f for the softmax; each diagonal block gives mean |f|^2. The Kronecker
/// products of K-FAC give the same only for linear networks. (Zhang et al. 2018, whose L counts the hidden layers only)
module internal Foof.Validation.WeightDecay

open Foof
open Foof.Explicit
open Foof.Validation.Small
open TorchSharp

let private widths = [ 5; 6; 5; 4 ]
let private L = float (widths.Length - 1)
let private inputs () = normal [ 30; 5 ]

/// theta^T C theta.
let private squared curvature theta = dot theta (Curvature.product curvature theta)

/// The mean over data points of a number for each of them.
let private mean (values: torch.Tensor) = number (values.sum(1L).mean())

/// theta_l^T C_l theta_l over mean |f|^2, layer by layer.
let private blocks (structure: FisherFactor -> Curvature) G theta size =
    match structure G with
    | Curvature.Blocks parts -> Array.map2 (fun part W -> squared part [| W |] / size) parts theta
    | other -> [| squared other theta / size |]

let private expand G = Structure.kronecker Positions.Summed Positions.Averaged G

let private ofNetwork name (between: torch.Tensor -> torch.Tensor) isLinear =
    let network = perceptron widths between false
    let gaussian, softmax = problem network (Likelihood.Gaussian 1.0), problem network Likelihood.Categorical
    let X = inputs ()
    let f, theta = ForwardPass.output network X, weights gaussian
    let size = mean (f.square ())
    let G = factor gaussian Fisher.Ggn X null
    let p = f.softmax 1L
    let lambda = mean (p * f.square ()) - number ((p * f).sum(1L).square().mean())
    let kfac = blocks expand G theta size

    [
        Statement.Equal($"{name}: theta^T G theta / mean |f|^2", squared (Structure.lowRank G) theta / size, L * L)
        Statement.Equal(
            $"{name}: theta^T F theta / mean f^T Lambda f of the softmax",
            squared (Structure.lowRank (factor softmax Fisher.Ggn X null)) theta / lambda,
            L * L
        )
        for l, value in Array.indexed (blocks Structure.layerwiseLowRank G theta size) do
            Statement.Equal($"{name}: the block of layer {l + 1}", value, 1.0)
        for l, value in Array.indexed kfac do
            if isLinear || l = kfac.Length - 1 then
                Statement.Equal($"{name}: K-FAC's block of layer {l + 1}", value, 1.0)
            else
                Statement.AtLeast($"{name}: how far K-FAC's block of layer {l + 1} is from 1", abs (value - 1.0), 1e-3)
    ]

/// What must fail: tanh is not piecewise linear.
let private ofTanh () =
    let problem = problem (perceptron widths _.tanh() false) (Likelihood.Gaussian 1.0)
    let X = inputs ()
    let size = mean ((ForwardPass.output problem.Model X).square())
    let ratio = squared (Structure.lowRank (factor problem Fisher.Ggn X null)) (weights problem) / size
    // phi'(u) u is smaller than phi(u) there.
    Statement.AtMost("tanh: theta^T G theta / mean |f|^2, below L^2", ratio, L * L - 0.1)

/// With whitened inputs the K-FAC norm of a linear network is |W_L .. W_1|^2.
let private whitened () =
    let problem = problem (perceptron widths id false) (Likelihood.Gaussian 1.0)
    let X = inputs ()
    let A = (Statistic.activationFactor (X.size 0) X).unsqueeze 0L
    let white = powerOf -0.5 (Curvature.Kronecker(Side.Identity(X.size 0, 1.0), Side.Full A)) [| X |]
    let theta = weights problem
    let product = theta |> Array.reduce (fun below (W: torch.Tensor) -> W.mm below)
    let value = squared (expand (factor problem Fisher.Ggn white[0] null)) theta
    Statement.Equal("linear, whitened inputs: theta^T K-FAC theta", value, L * number (product.square().sum()))

/// Where the scale of w does not matter w . grad(w) = 0 and grad(c w) = grad(w) / c.
let private scaleInvariant () =
    let layers: (string * torch.nn.Module<torch.Tensor, torch.Tensor>) list = [
        "first", linear 1.0 5 4 false
        // Without its epsilon, which would make the scale matter.
        "norm", torch.nn.BatchNorm1d(4L, eps = 0.0, affine = false, track_running_stats = false, dtype = double)
        "last", linear 1.0 4 2 false
    ]

    let network = new Network(layers, (fun layer x -> layer 2 ((layer 1 (layer 0 x)).relu())))
    let X, y = inputs (), normal [ 30; 2 ]

    // A batch norm ties the data points together, so the gradient is that of the whole loss.
    let gradientAt c (W: torch.Tensor) =
        let problem = problem network (Likelihood.Gaussian 1.0)
        setWeights problem [| W * (c: float); (weights problem).[1] |]
        network.zero_grad ()
        (Likelihood.loss problem.Likelihood (network.call X) y).backward()
        [| (WeightPenalty.gradients problem.Layers).[0] |]

    let W = [| (weights (problem network (Likelihood.Gaussian 1.0))).[0] |]
    let g, tripled = gradientAt 1.0 W[0], gradientAt 3.0 W[0]
    let unit (V: torch.Tensor array) = WeightVector.scale (1.0 / sqrt (dot V V)) V
    let step = unit (WeightVector.axpy -0.1 g W)
    let scaled = unit (WeightVector.axpy (-0.1 * 9.0) tripled (WeightVector.scale 3.0 W))

    [
        Statement.Zero("scale-invariant layer: cosine of w and its gradient", cosine W g)
        Statement.Zero(
            "scale-invariant layer: grad(3 w) against grad(w) / 3",
            distanceOf (WeightVector.scale (1.0 / 3.0) g) tripled
        )
        Statement.Zero(
            "scale-invariant layer: the direction after 9 eta at 3 w against eta at w",
            distanceOf step scaled
        )
    ]

let private run _ =
    found [
        yield! ofNetwork "ReLU" torch.nn.functional.relu false
        yield! ofNetwork "linear" id true
        ofTanh ()
        whitened ()
        yield! scaleInvariant ()
    ]

let theorem = {
    Row = 70
    Name = "weight-decay"
    Title = "Three mechanisms of weight decay"
    Source = "Zhang, Wang, Xu, Grosse 2018, \"Three Mechanisms of Weight Decay Regularization\""
    Claim =
        "With K-FAC and Gauss-Newton, weight decay is a penalty of the Jacobian's or the output's norm; before a "
        + "batch norm it only sets the effective learning rate."
    Meaning =
        "Decoupled decay (`WeightDecay`) with a natural gradient shrinks the network's output; behind normalised "
        + "layers it sets the step size. K-FAC says so exactly only for linear networks and the last layer, and for "
        + "ReLU networks not."
    Run = program run
}
