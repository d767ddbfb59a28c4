/// A random curvature of every structure, and the matrix that it stands for, put together by MathNet.
module Foof.Core.Tests.Structures

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Sides
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// What a curvature is drawn by: one layer of `Groups` groups, each [Outputs; Inputs], `Columns` columns
/// where it is of low rank.
type Order = { Seed: int; Groups: int; Outputs: int; Inputs: int; Columns: int }

let orders =
    gen {
        let! seed = Factors.seeds
        let! groups = Gen.choose (1, 3)
        let! outputs = Gen.choose (1, 3)
        let! inputs = Gen.choose (1, 4)
        let! columns = Gen.elements [ 1; 3; 7 ]

        return { Seed = seed; Groups = groups; Outputs = outputs; Inputs = inputs; Columns = columns }
    }

/// A curvature and its matrix.
type Drawn = Curvature * Matrix<float>

let private weights order = order.Groups * order.Outputs * order.Inputs

let private shape order = [| int64 (order.Groups * order.Outputs); int64 order.Inputs |]

let private diagonal order : Drawn =
    let D = torch.rand (shape order, dtype = Networks.double) + 0.01
    Curvature.Diagonal [| D |], Dense.diagonal (Dense.values D)

let private dense rank order : Drawn =
    let F = (semidefinite 1 (weights order) rank).squeeze 0L
    Curvature.Dense(F, [| shape order |]), Dense.ofTensor F

let private units order : Drawn =
    let rows = order.Groups * order.Outputs
    let F = semidefinite rows order.Inputs 2
    Curvature.Units F, Dense.blocks [ for row in 0 .. rows - 1 -> Dense.ofTensor (F.select (0L, int64 row)) ]

let private kronecker left right order : Drawn =
    // Two diagonals, or a diagonal and an identity, know one group only where the layer has one.
    let E, A = side left order.Groups order.Outputs, side right order.Groups order.Inputs

    Curvature.Kronecker(E, A),
    Dense.blocks [ for group in 0 .. order.Groups - 1 -> (matrix group E).KroneckerProduct(matrix group A) ]

/// An orthogonal basis for each of g groups.
let private basis (g: int) (d: int) =
    let struct (_, Q) = torch.linalg.eigh (semidefinite g d (d + 1))
    Q

let private eigenbasis order : Drawn =
    let Q_E, Q_A = basis order.Groups order.Outputs, basis order.Groups order.Inputs

    let S = torch.rand (order.Groups, order.Outputs, order.Inputs, dtype = Networks.double)

    let block (group: int) =
        let of' (x: torch.Tensor) = Dense.ofTensor (x.select (0L, int64 group))

        let Q = (of' Q_E).KroneckerProduct(of' Q_A)

        Q * Dense.diagonal ((of' S).ToRowMajorArray()) * Q.Transpose()

    Curvature.Eigenbasis(Side.Full Q_E, Side.Full Q_A, S), Dense.blocks (Seq.map block [ 0 .. order.Groups - 1 ])

/// A factor over the order's layer, and over a second one [2; 2] where wanted.
let private factorOf second order =
    let layer g k d : Factors.LayerSizes = {
        Form = Factors.Rows
        Groups = g
        Outputs = k
        Inputs = d
        Positions = 1 + order.Seed % 2
    }

    Factors.factor {
        Seed = order.Seed
        Points = order.Columns
        PerPoint = 1 + order.Seed % 3
        Parts = 1 + order.Seed % 2
        Layers = [ layer order.Groups order.Outputs order.Inputs; if second then layer 1 2 2 ]
    }

let private lowRank order : Drawn =
    let G = factorOf false order
    Curvature.LowRank G, WrittenFactors.dense G

let private plusDiagonal order : Drawn =
    let G, (D, diagonal) = factorOf false order, diagonal order

    match D with
    | Curvature.Diagonal D -> Curvature.LowRankPlusDiagonal(G, D), WrittenFactors.dense G + diagonal
    | _ -> failwith "no diagonal"

let private both (parts: Drawn list) : Drawn =
    Curvature.Blocks [| for curvature, _ in parts -> curvature |], Dense.blocks [ for _, matrix in parts -> matrix ]

/// Blocks of all kinds over six layers; one block spans two of them.
let private mixed order : Drawn =
    let two = factorOf true order

    both [
        kronecker Full Full order
        both [ diagonal order; units order ]
        Curvature.LowRank two, WrittenFactors.dense two
        eigenbasis order
    ]

let private sum (parts: Drawn list) : Drawn =
    Curvature.Sum [| for curvature, _ in parts -> curvature |], parts |> List.map snd |> List.reduce (+)

/// Every structure over one layer by name, with how it is drawn.
let ofOneLayer: (string * (Order -> Drawn)) list = [
    "dense", fun order -> dense (weights order + 1) order
    "dense, singular", dense 1
    "diagonal", diagonal
    "units", units
    "Kronecker, full x full", kronecker Full Full
    "Kronecker, full x diagonal", kronecker Full Diagonal
    "Kronecker, diagonal x full", kronecker Diagonal Full
    "Kronecker, diagonal x diagonal", kronecker Diagonal Diagonal
    "Kronecker, one x full", kronecker One Full
    "Kronecker, one x diagonal", kronecker One Diagonal
    "Kronecker, identity x full", kronecker Identity Full
    "Kronecker, full x identity", kronecker Full Identity
    "Kronecker, identity x diagonal", kronecker Identity Diagonal
    "eigenbasis", eigenbasis
    "low rank", lowRank
    "low rank plus diagonal", plusDiagonal
]

/// Sums, which have products but no inverse.
let sums: (string * (Order -> Drawn)) list = [
    "sum of two", fun order -> sum [ kronecker Full Full order; diagonal order ]
    "sum of three", fun order -> sum [ eigenbasis order; lowRank order; kronecker Full Identity order ]
]

/// Every structure with an inverse.
let invertible = ofOneLayer @ [ "blocks", mixed ]

/// Every structure.
let all = invertible @ sums

/// The structures' names.
let names (structures: (string * (Order -> Drawn)) list) = structures |> List.map fst

let private drawnBy (name: string) (property: Order -> Drawn -> unit) =
    let draw = all |> List.find (fun (other, _) -> other = name) |> snd

    fun (order: Order) ->
        use _scope = torch.NewDisposeScope()
        Networks.seeded order.Seed
        property order (draw order)

/// Runs a property on a dozen random curvatures of a structure.
let forSome name property = Oracle.forSome 12 orders (drawnBy name property)

/// A property of a dozen random curvatures of a structure.
let forOne sentence name property = Holds.forSome sentence 12 orders (drawnBy name property)

/// A property of a dozen random curvatures of each structure.
let forEach sentence names property = testList sentence [ for name in names -> forOne name name property ]

/// Draws a structure over one layer by its name.
let draw name order =
    let draw = all |> List.find (fun (other, _) -> other = name) |> snd
    Networks.seeded order.Seed
    draw order
