/// Small posteriors of every structure, and the matrices that they stand for, put together by MathNet.
module Foof.Core.Tests.Posteriors

open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// A data precision and its matrix N F.
[<ReferenceEquality>]
type Case = { Name: string; Data: DataPrecision; Matrix: Matrix<float> }

/// How many data points the posteriors are of.
let N = 50.0

let private layer form groups outputs inputs positions : Factors.LayerSizes = {
    Form = form
    Groups = groups
    Outputs = outputs
    Inputs = inputs
    Positions = positions
}

let private factorOf (points: int) perPoint parts layers =
    Factors.factor { Seed = 3; Points = points; PerPoint = perPoint; Parts = parts; Layers = layers }

/// Two layers in two parts: three columns for each of 2 and of 3 data points.
let factor () = factorOf 2 3 2 [ layer Factors.Rows 1 2 3 1; layer Factors.Rows 1 1 2 1 ]

/// Groups, positions, one-hot rows and written gradients.
let manifold () =
    factorOf 3 2 1 [
        layer Factors.Rows 2 2 3 2
        layer Factors.OneHot 1 2 4 2
        layer Factors.Weighted 1 2 2 1
        layer Factors.Written 1 2 2 1
    ]

/// Groups, positions and one-hot rows.
let grouped () = factorOf 3 2 1 [ layer Factors.Rows 2 2 3 2; layer Factors.OneHot 1 2 4 2 ]

/// Fewer columns than weights.
let narrow () = factorOf 3 1 1 [ layer Factors.Rows 1 2 3 1; layer Factors.Rows 1 1 2 1 ]

let private ofCurvature name (curvature: Curvature) = {
    Name = name
    Data = DataPrecision.ofCurvature N curvature
    Matrix = Dense.ofTensor (Curvature.dense curvature) * N
}

let private foof (G: FisherFactor) =
    match Structure.kronecker Positions.Summed Positions.Averaged G with
    | Curvature.Blocks parts ->
        parts
        |> Array.map (fun part ->
            match part with
            | Curvature.Kronecker(E, A) -> Curvature.Kronecker(Side.Identity(Side.size E, 1.0), A)
            | other -> other)
        |> Curvature.Blocks
    | other -> other

/// One of each structure.
let cases () = [
    let G = factor ()
    let columns = WrittenFactors.columns G

    {
        Name = "low rank"
        Data = DataPrecision.ofFactor (FisherFactor.scale N G)
        Matrix = columns.TransposeThisAndMultiply columns * N
    }

    ofCurvature "low rank with few columns" (Structure.lowRank (narrow ()))
    ofCurvature "low rank of all kinds of layers" (Structure.lowRank (manifold ()))
    ofCurvature "low rank by layer" (Structure.layerwiseLowRank G)
    ofCurvature "Kronecker" (Structure.kronecker Positions.Summed Positions.Averaged G)

    ofCurvature
        "Kronecker of groups and positions"
        (Structure.kronecker Positions.Summed Positions.Averaged (grouped ()))

    ofCurvature "FOOF" (foof G)
    ofCurvature "EKFAC" (Structure.eigenbasis Positions.Summed Positions.Averaged G)
    ofCurvature "diagonal" (Structure.diagonal G)
    ofCurvature "dense" (Structure.dense G)
    ofCurvature "dense by layer" (Structure.layerwiseDense G)
]

/// P.
let priorMatrix (posterior: Posterior) = Weights.byLayer (Posterior.shapes posterior) posterior.Prior.Precision

/// P + N F.
let precision (posterior: Posterior) (matrix: Matrix<float>) : Matrix<float> = priorMatrix posterior + matrix

/// A posterior of a case around random weights, with a random prior mean.
let posterior (case: Case) (precision: int -> float) =
    let shapes = DataPrecision.shapes case.Data
    let layers = shapes.Length

    let prior = Prior.perLayer (Array.init layers precision) |> Prior.withMean (Vectors.random shapes)

    Posterior.make (Vectors.random shapes) case.Data prior

/// One precision for all layers, or one each.
let precisions = [ (fun _ -> 0.7); (fun l -> 0.3 + 1.1 * float l) ]

let private names =
    use _scope = torch.NewDisposeScope()
    [ for case in cases () -> case.Name ]

/// A test for the data's precision of each structure with a name that is wanted.
let forSome sentence (isWanted: string -> bool) (check: Case -> unit) =
    Holds.forEach sentence id (List.filter isWanted names) (fun name ->
        use _scope = torch.NewDisposeScope()
        cases () |> List.find (fun case -> case.Name = name) |> check)

/// A test for the data's precision of each structure.
let forCases sentence (check: Case -> unit) = forSome sentence (fun _ -> true) check

/// A test for a posterior of each structure, with one prior precision and with several.
let forEach sentence (check: Posterior -> Matrix<float> -> unit) =
    forCases sentence (fun case ->
        for precision in precisions do
            check (posterior case precision) case.Matrix)
