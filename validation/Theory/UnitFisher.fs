/// The Fisher of a unit is a multiple of the identity plus a matrix of rank two.
///
/// For x ~ N(0, I), u = w . x + b, e = w/|w|, a_k = E[phi'(u)^2 v^k] with u = |w| v + b and v ~ N(0, 1):
/// F = [[a_0 I + (a_2 - a_0) e e^T, a_1 e], [a_1 e^T, a_0]], and F^-1 is 1/a_0 (I - e e^T) beside the inverse of
/// [[a_2, a_1], [a_1, a_0]] on the span of e and the bias. (Amari, Karakida, Oizumi 2018)
module internal Foof.Validation.UnitFisher

open System
open Foof
open Foof.Explicit
open Foof.Validation.Small
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private inputs, units, points = 4, 3, 100_000

/// a_k of tanh by the trapezoid rule, which is exact but for rounding on functions that fall like a Gaussian.
let private moment (norm: float) (bias: float) (k: int) =
    let h = 0.01

    seq { -1200 .. 1200 }
    |> Seq.sumBy (fun i ->
        let v = float i * h
        let slope = 1.0 - tanh (norm * v + bias) ** 2.0
        h * slope * slope * v ** float k * exp (-v * v / 2.0) / sqrt (2.0 * Math.PI))

/// F and F^-1 of one unit with the weights (w, b), by the formulas.
let private closed (w: float array) =
    let direction = Vector<float>.Build.Dense(Array.take inputs w)
    let norm, bias = direction.L2Norm(), w[inputs]
    let a = Array.init 3 (moment norm bias)
    let e = Vector<float>.Build.DenseOfEnumerable(Seq.append (direction / norm) [ 0.0 ])
    let last = Vector<float>.Build.Dense(inputs + 1, (fun i -> if i = inputs then 1.0 else 0.0))

    /// alpha (I - e e^T - l l^T) and a matrix on the span of e and the bias l.
    let compose (alpha: float) (M: Matrix<float>) =
        let rest = Dense.identity (inputs + 1) - e.OuterProduct e - last.OuterProduct last
        rest * alpha
        + e.OuterProduct e * M[0, 0]
        + (e.OuterProduct last + last.OuterProduct e) * M[0, 1]
        + last.OuterProduct last * M[1, 1]

    let inner = Dense.ofRows [ [ a[2]; a[1] ]; [ a[1]; a[0] ] ]
    struct (compose a[0] inner, compose (1.0 / a[0]) (inner.Inverse()))

let private run _ =
    let v = [| 1.0; -0.5; 2.0 |]
    let layers = [ "units", linear 1.5 inputs units true ]
    let network = new Network(layers, (fun layer x -> ((layer 0 x).tanh() * torch.tensor v).sum(1L, keepdim = true)))
    let problem = problem network (Likelihood.Gaussian 1.0)
    let G = factor problem Fisher.Ggn (normal [ points; inputs ]) null
    let measured = Dense.ofTensor (Curvature.dense (Structure.units G))
    let W = Dense.ofTensor (weights problem).[0]
    let formulas = Array.init units (fun k -> closed (W.Row(k).ToArray()))
    let F = Dense.blocks [ for k, struct (F, _) in Array.indexed formulas -> F * (v[k] * v[k]) ]
    let inverse = Dense.blocks [ for k, struct (_, inverse) in Array.indexed formulas -> inverse / (v[k] * v[k]) ]

    // The standard error of each entry, from the mean of (g_i g_j)^2.
    let g = (LayerFactor.written double G.Parts[0].Layers[0]).flatten 1L
    let fourth = Dense.ofTensor (g.square().t().mm(g.square ()) / float points)
    let order = inputs + 1

    let worst =
        seq {
            for k in 0 .. units - 1 do
                for i in k * order .. (k + 1) * order - 1 do
                    for j in k * order .. i do
                        let error = sqrt ((fourth[i, j] - measured[i, j] ** 2.0) / float points)
                        struct (measured[i, j], F[i, j], error)
        }
        |> Seq.maxBy (fun struct (found, expected, error) -> abs (found - expected) / error)

    let struct (value, expected, error) = worst
    let blocks = torch.stack ([| for k in 0 .. units - 1 -> Dense.toTensor (Dense.block (k * order) order F) |], 0L)
    let shapes = [| [| int64 units; int64 order |] |]
    let solved = Weights.matrix shapes (solve 0.0 (Curvature.Units blocks))
    let whole = Dense.ofTensor (Curvature.dense (Structure.dense G))
    let off = (whole - Dense.onlyBlocks (Array.create units order) whole).FrobeniusNorm()

    found [
        Statement.Mean("the entry of the sampled blocks that is furthest from the formula", value, expected, error)
        Statement.Zero("the formula's inverse against the core's of each unit", Dense.distanceOf inverse solved)
        Statement.AtLeast("what the blocks leave out, over F", off / whole.FrobeniusNorm(), 0.01)
    ]

let theorem = {
    Row = 76
    Name = "unit-fisher"
    Title = "The Fisher of a unit in closed form"
    Source =
        "Amari, Karakida, Oizumi 2018, \"Fisher Information and Natural Gradient Learning of Random Deep Networks\""
    Claim =
        "For Gaussian inputs the Fisher of one unit's weights is a multiple of the identity plus rank two, with "
        + "an explicit inverse."
    Meaning =
        "Structure.units is cheap to invert and nearly a scaled gradient for inputs that are already white: what "
        + "unit-wise natural gradients add is the handling of the bias and of the weight's own direction."
    Run = program run
}
