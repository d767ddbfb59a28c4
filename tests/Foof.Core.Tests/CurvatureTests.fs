/// What every structure fulfils, held against the matrix that it stands for: products, parts, sums.
[<Seeded>]
module Foof.Core.Tests.CurvatureTests

open System
open Foof
open Foof.Core.Tests.Structures
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open Xunit

let structures = names all
let oneLayer = names (ofOneLayer @ sums)

let private vector curvature =
    Factors.vector (Curvature.shapes curvature)

let private numbers (V: torch.Tensor array) = (Factors.flatten V).ToArray()

[<Theory; MemberData(nameof structures)>]
let ``products, diagonal, trace and the matrix written out agree with the matrix`` name =
    forSome name (fun _ (C, F) ->
        Assert.Equal(int64 F.RowCount, Curvature.size C)
        let V = vector C
        let product = Curvature.product C V
        Assert.Equal<int64 array array>(Curvature.shapes C, Weights.shapes product)
        Oracle.agrees Tolerance.rounding ((F * Factors.flatten V).ToArray()) (numbers product)
        let diagonal = Curvature.diagonal C
        Assert.Equal<int64 array array>(Curvature.shapes C, Weights.shapes diagonal)
        Oracle.agrees Tolerance.rounding (F.Diagonal().ToArray()) (numbers diagonal)
        Oracle.agrees Tolerance.rounding [| F.Trace() |] (Oracle.values (Curvature.trace C))
        Oracle.agreesWith Tolerance.rounding F (Curvature.dense C))

[<Theory; MemberData(nameof structures)>]
let ``the matrix is symmetric and positive semi-definite, and products are linear`` name =
    forSome name (fun _ (C, _) ->
        let x, y = vector C, vector C

        let inner (x: torch.Tensor array) y =
            (Factors.flatten x) * (Factors.flatten y)

        let Cx, Cy = Curvature.product C x, Curvature.product C y
        let scale = (Factors.flatten Cx).L2Norm() * (Factors.flatten y).L2Norm()
        Assert.True(abs (inner Cx y - inner x Cy) <= Tolerance.rounding * scale, "x . C y <> y . C x")
        Assert.True(inner x Cx >= -Tolerance.rounding * scale, "x . C x < 0")
        let combined = Curvature.product C (Weights.axpy 0.3 x y)
        Oracle.agrees Tolerance.rounding (numbers (Weights.axpy 0.3 Cx Cy)) (numbers combined))

[<Theory; MemberData(nameof structures)>]
let ``c C is c times the matrix`` name =
    forSome name (fun _ (C, F) ->
        for c in [ 0.0; 0.25; 30.0 ] do
            Oracle.agreesWith Tolerance.rounding (F * c) (Curvature.dense (Curvature.scale c C))
            let V = vector C
            let product = Curvature.product (Curvature.scale c C) V
            Oracle.agrees Tolerance.rounding ((F * Factors.flatten V * c).ToArray()) (numbers product))

[<Theory; MemberData(nameof structures)>]
let ``C + D adds to the diagonal`` name =
    forSome name (fun _ (C, F) ->
        let D = vector C |> Array.map (fun d -> d.square () + 0.1)
        let expected = F + Matrix<float>.Build.DenseOfDiagonalVector(Factors.flatten D)
        let sum = Curvature.addDiagonal D C
        Assert.Equal<int64 array array>(Curvature.shapes C, Curvature.shapes sum)
        Oracle.agreesWith Tolerance.rounding expected (Curvature.dense sum)
        let V = vector C

        Oracle.agrees
            Tolerance.rounding
            ((expected * Factors.flatten V).ToArray())
            (numbers (Curvature.product sum V)))

[<Theory; MemberData(nameof oneLayer)>]
let ``the sum of two tasks is exact, whatever their structures`` name =
    Oracle.forSome 5 orders (fun order ->
        for other, _ in ofOneLayer @ sums do
            use _scope = torch.NewDisposeScope()

            let (x, F), (y, F') =
                draw name order, draw other { order with Seed = order.Seed + 1 }

            let sum = Curvature.add x y
            Oracle.agreesWith Tolerance.rounding (F + F') (Curvature.dense sum)
            let V = vector sum
            let product = Curvature.product sum V
            Oracle.agrees Tolerance.rounding (((F + F') * Factors.flatten V).ToArray()) (numbers product))

[<Theory; MemberData(nameof structures)>]
let ``a curvature and itself add up to twice the matrix, and merge to twice the trace`` name =
    forSome name (fun _ (C, F) ->
        Oracle.agreesWith Tolerance.rounding (F * 2.0) (Curvature.dense (Curvature.add C C))
        Oracle.agreesWith Tolerance.rounding (F * 2.0) (Curvature.dense (Curvature.merge C C)))

[<Fact>]
let ``structures that keep their form under addition keep it`` () =
    let keeps name =
        forSome name (fun _ (C, _) ->
            match C, Curvature.add C C with
            | Curvature.Dense _, Curvature.Dense _
            | Curvature.Diagonal _, Curvature.Diagonal _
            | Curvature.Units _, Curvature.Units _
            | Curvature.LowRank _, Curvature.LowRank _
            | Curvature.LowRankPlusDiagonal _, Curvature.LowRankPlusDiagonal _
            | Curvature.Blocks _, Curvature.Blocks _ -> ()
            | _ -> Assert.Fail name)

    [ "dense"; "diagonal"; "units"; "low rank"; "low rank plus diagonal"; "blocks" ]
    |> List.iter keeps

let private kroneckers =
    ofOneLayer |> List.filter (fun (name, _) -> name.StartsWith "Kronecker")

[<Fact>]
let ``merged Kronecker products are one product with the trace of the sum, by group`` () =
    for name, _ in kroneckers do
        for other, _ in kroneckers do
            Oracle.forSome 5 orders (fun order ->
                use _scope = torch.NewDisposeScope()

                let (x, F), (y, F') =
                    draw name order, draw other { order with Seed = order.Seed + 1 }

                let merged = Curvature.merge x y

                match merged with
                | Curvature.Kronecker _ -> ()
                | _ -> Assert.Fail $"{name} and {other} are no product"

                let found, p = Oracle.matrix (Curvature.dense merged), F.RowCount / order.Groups

                for group in 0 .. order.Groups - 1 do
                    let block (M: Matrix<float>) = M.SubMatrix(group * p, p, group * p, p)
                    let expected = (block F).Trace() + (block F').Trace()
                    Oracle.agrees Tolerance.rounding [| expected |] [| (block found).Trace() |])

[<Fact>]
let ``T equal tasks merged one after the other count T-fold, not more`` () =
    for name, _ in kroneckers do
        forSome name (fun _ (C, F) ->
            let merged = Seq.fold (fun sum _ -> Curvature.merge sum C) C [ 2..4 ]
            Oracle.agreesWith Tolerance.explicit (F * 4.0) (Curvature.dense merged))

[<Fact>]
let ``merged factors are those of the formula`` () =
    use _scope = torch.NewDisposeScope()
    let side d = SideTests.semidefinite 1 d (d + 1)
    let E, A, E', A' = side 2, side 3, side 2, side 3
    let of' (M: torch.Tensor) = Oracle.matrix (M.squeeze 0L)
    let trace M = (of' M).Trace()
    let pi = sqrt (trace E * trace A' / (trace E' * trace A))
    let product = (of' E + of' E' * pi).KroneckerProduct(of' A + of' A' / pi)

    let expected =
        product * ((trace E * trace A + trace E' * trace A') / product.Trace())

    let merged =
        Curvature.merge
            (Curvature.Kronecker(Side.Full E, Side.Full A))
            (Curvature.Kronecker(Side.Full E', Side.Full A'))

    Oracle.agreesWith Tolerance.rounding expected (Curvature.dense merged)

[<Fact>]
let ``merging with a product that is zero leaves the other one, and no NaN`` () =
    for name, _ in kroneckers do
        forSome name (fun order (C, F) ->
            let zero d =
                Side.Full(torch.zeros (order.Groups, d, d, dtype = Networks.double))

            let E, A =
                zero order.Outputs, SideTests.side SideTests.Full order.Groups order.Inputs

            let nothing = Curvature.Kronecker(E, A)
            Oracle.agreesWith Tolerance.rounding F (Curvature.dense (Curvature.merge C nothing))
            Oracle.agreesWith Tolerance.rounding F (Curvature.dense (Curvature.merge nothing C))
            Oracle.agreesWith 0.0 (F * 0.0) (Curvature.dense (Curvature.merge nothing nothing)))

[<Theory; MemberData(nameof structures)>]
let ``float32 agrees with float64 and stays float32`` name =
    forSome name (fun _ (C, F) ->
        let single = map Factors.single32 C
        let V = vector C |> Array.map Factors.single32

        for found in
            [
                Curvature.dense single
                Curvature.trace single
                yield! Curvature.diagonal single
                yield! Curvature.product single V
            ] do
            Assert.Equal(torch.ScalarType.Float32, found.dtype)

        Oracle.agreesWith Tolerance.float32AgainstFloat64 F (Curvature.dense single)
        let expected = (F * Factors.flatten V).ToArray()
        Oracle.agrees Tolerance.float32AgainstFloat64 expected (numbers (Curvature.product single V)))

[<Theory; MemberData(nameof structures)>]
let ``results are the caller's: changing them changes no curvature`` name =
    forSome name (fun _ (C, F) ->
        let V = vector C

        let results = [
            Curvature.dense C
            Curvature.trace C
            yield! Curvature.diagonal C
            yield! Curvature.product C V
        ]

        for result in results do
            result.add_ (1.0.ToScalar()) |> ignore

        Oracle.agreesWith Tolerance.rounding F (Curvature.dense C))

let private refused (parts: string list) (action: unit -> obj) =
    let error = Oracle.raises<ArgumentException>(action >> ignore)

    for part in parts do
        Assert.Contains(part, error.Message)

[<Theory; MemberData(nameof structures)>]
let ``vectors and curvatures that do not fit are refused with both shapes`` name =
    forSome name (fun _ (C, _) ->
        let V = vector C
        let wide = V |> Array.map (fun V -> torch.cat ([| V; V |], 1L))

        let text (x: torch.Tensor) =
            "[" + (x.shape |> Seq.map string |> String.concat "; ") + "]"

        let other = Curvature.Diagonal wide

        let both action =
            refused [ text V[0]; text wide[0] ] action

        both (fun () -> Curvature.product C wide)
        both (fun () -> Curvature.addDiagonal wide C)
        both (fun () -> Curvature.add C other)
        both (fun () -> Curvature.merge C other)
        refused [ "got 0" ] (fun () -> Curvature.product C [||])
        refused [ "-1" ] (fun () -> Curvature.scale -1.0 C)
        let single = V |> Array.map Factors.single32
        refused [ "Float64"; "Float32" ] (fun () -> Curvature.product C single)
        refused [ "Float64"; "Float32" ] (fun () -> Curvature.addDiagonal single C)
        refused [ "Float64"; "Float32" ] (fun () -> Curvature.add C (map Factors.single32 C)))

[<Fact>]
let ``a matrix beyond 4 GB is not written out, and the sentence tells its bytes`` () =
    use _scope = torch.NewDisposeScope()

    let side (d: int64) =
        Side.Diagonal(torch.ones (1L, d, dtype = Networks.double))

    for C in
        [
            Curvature.Kronecker(side 300L, side 100L)
            Curvature.Diagonal [| torch.ones (300L, 100L, dtype = Networks.double) |]
        ] do
        refused [ "30000 weights"; "7200000000 bytes"; "4 GB"; "products" ] (fun () -> Curvature.dense C)

[<Fact>]
let ``two identities make a product that fits any vector, and cannot be written out`` () =
    use _scope = torch.NewDisposeScope()
    let C = Curvature.Kronecker(Side.Identity(2L, 3.0), Side.Identity(4L, 0.5))

    for kind in [ Networks.double; torch.ScalarType.Float32 ] do
        let V = [| (Networks.normal [ 2; 4 ]).``to`` kind |]
        let product = Curvature.product C V
        Oracle.agreesWith Tolerance.float32AgainstFloat64 (Oracle.matrix V[0] * 1.5) product[0]

    refused [ "no type and no device"; "Curvature.Diagonal" ] (fun () -> Curvature.dense C)
