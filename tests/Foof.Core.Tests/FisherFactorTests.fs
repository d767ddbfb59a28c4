[<Seeded>]
module Foof.Core.Tests.FisherFactorTests

open System
open Foof
open Foof.Core.Tests.Factors
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open Xunit

let private forAll property =
    Oracle.forAll sizes (fun sizes ->
        use _scope = torch.NewDisposeScope()
        property (factor sizes))

let private numbers (x: torch.Tensor) =
    Vector<float>.Build.Dense(Oracle.values x)

[<Fact>]
let ``m columns, p rows and the layers' shapes are counted over all parts`` () =
    forAll (fun G ->
        let C = columns G
        Assert.Equal(int64 C.RowCount, FisherFactor.columns G)
        Assert.Equal(int64 C.ColumnCount, FisherFactor.rows G)

        for part in G.Parts do
            Assert.Equal<int64 array array>(part.Layers |> Array.map LayerFactor.shape, G.Shapes))

[<Fact>]
let ``the Gram matrix is G^T G, in float64 even of float32 factors`` () =
    forAll (fun G ->
        let C = columns G
        let expected = C * C.Transpose()
        Oracle.agreesWith Tolerance.rounding expected (FisherFactor.gram G)
        let K = FisherFactor.gram (map single32 G)
        Assert.Equal(Networks.double, K.dtype)
        Oracle.agreesWith Tolerance.float32AgainstFloat64 expected K)

[<Fact>]
let ``the cross Gram matrix of two factors is G^T G'`` () =
    Oracle.forAll sizes (fun sizes ->
        use _scope = torch.NewDisposeScope()
        let G = factor sizes

        let other =
            factor {
                sizes with
                    Seed = sizes.Seed + 1
                    Points = sizes.Points + 1
                    Parts = 3 - sizes.Parts % 3
            }

        let expected = columns G * (columns other).Transpose()
        Oracle.agreesWith Tolerance.rounding expected (FisherFactor.crossGram G other))

[<Fact>]
let ``G^T v, G w and G G^T v are those of the columns written out`` () =
    forAll (fun G ->
        let C, v = columns G, vector G.Shapes
        let w = Networks.normal [ C.RowCount ]

        Oracle.agrees
            Tolerance.rounding
            ((C * flatten v).ToArray())
            (Oracle.values (FisherFactor.transposeTimes v G))

        let product = FisherFactor.times w G
        Assert.Equal<int64 array array>(G.Shapes, Weights.shapes product)
        Oracle.agrees Tolerance.rounding ((numbers w * C).ToArray()) ((flatten product).ToArray())
        let whole = FisherFactor.times (FisherFactor.transposeTimes v G) G
        Oracle.agrees Tolerance.rounding ((dense G * flatten v).ToArray()) ((flatten whole).ToArray()))

[<Fact>]
let ``norms, diagonal and the dense matrix are those of the columns written out`` () =
    forAll (fun G ->
        let C, F = columns G, dense G
        let norms = (C * C.Transpose()).Diagonal().ToArray()
        Oracle.agrees Tolerance.rounding norms (Oracle.values (FisherFactor.squaredNorms G))
        let diagonal = FisherFactor.diagonal G
        Assert.Equal<int64 array array>(G.Shapes, Weights.shapes diagonal)
        Oracle.agrees Tolerance.rounding (F.Diagonal().ToArray()) ((flatten diagonal).ToArray())
        Oracle.agreesWith Tolerance.rounding F (FisherFactor.dense G))

[<Fact>]
let ``float32 agrees with float64 and stays float32`` () =
    forAll (fun G ->
        let v = vector G.Shapes
        let G', v' = map single32 G, v |> Array.map single32
        let w = Networks.normal [ int (FisherFactor.columns G) ]

        let pairs = [
            FisherFactor.transposeTimes v G, FisherFactor.transposeTimes v' G'
            yield! Seq.zip (FisherFactor.times w G) (FisherFactor.times w G')
            FisherFactor.squaredNorms G, FisherFactor.squaredNorms G'
            yield! Seq.zip (FisherFactor.diagonal G) (FisherFactor.diagonal G')
            FisherFactor.dense G, FisherFactor.dense G'
        ]

        for expected, found in pairs do
            Assert.Equal(torch.ScalarType.Float32, found.dtype)
            Oracle.agrees Tolerance.float32AgainstFloat64 (Oracle.values expected) (Oracle.values found))

[<Fact>]
let ``joined factors have the sum of both matrices`` () =
    forAll (fun G ->
        let joined = FisherFactor.join [| G; FisherFactor.scale 0.3 G; G |]
        Oracle.agreesWith Tolerance.rounding (dense G * 2.3) (FisherFactor.dense joined)
        Assert.Equal(3L * FisherFactor.columns G, FisherFactor.columns joined))

[<Fact>]
let ``a scaled factor has the scaled matrix, and zero makes zero`` () =
    forAll (fun G ->
        for c in [ 0.0; 0.25; 7.0 ] do
            let scaled = FisherFactor.scale c G
            Oracle.agreesWith Tolerance.rounding (dense G * c) (FisherFactor.dense scaled)
            let C = columns G
            Oracle.agreesWith Tolerance.rounding (C * C.Transpose() * c) (FisherFactor.gram scaled))

[<Fact>]
let ``one layer's factor has that layer's block`` () =
    forAll (fun G ->
        let sizes = G.Shapes |> Array.map (fun shape -> int (shape[0] * shape[1]))
        let starts = Array.scan (+) 0 sizes

        for l in 0 .. sizes.Length - 1 do
            let block = (dense G).SubMatrix(starts[l], sizes[l], starts[l], sizes[l])
            Oracle.agreesWith Tolerance.rounding block (FisherFactor.dense (FisherFactor.layer l G)))

[<Fact>]
let ``a weighted factor has the matrix S F S, for matrices and for numbers`` () =
    forAll (fun G ->
        let S =
            G.Shapes
            |> Array.mapi (fun l shape ->
                if l = 1 then
                    Networks.normal [ 1; 1 ]
                else
                    torch.randn (shape, dtype = Networks.double))

        let all =
            Array.map2 (fun (S: torch.Tensor) (shape: int64 array) -> S.expand shape) S G.Shapes

        let D = Matrix<float>.Build.DenseOfDiagonalVector(flatten all)
        let weighted = FisherFactor.weighted S G
        Oracle.agreesWith Tolerance.rounding (D * dense G * D) (FisherFactor.dense weighted)
        let C = columns G * D
        Oracle.agreesWith Tolerance.rounding (C * C.Transpose()) (FisherFactor.gram weighted)
        let v = vector G.Shapes

        Oracle.agrees
            Tolerance.rounding
            ((C * flatten v).ToArray())
            (Oracle.values (FisherFactor.transposeTimes v weighted)))

[<Fact>]
let ``data points in another order make the same matrix`` () =
    Oracle.forAll products (fun sizes ->
        use _scope = torch.NewDisposeScope()
        let G = factor { sizes with Parts = 1 }
        Oracle.agreesWith Tolerance.rounding (dense G) (FisherFactor.dense (permuted G)))

[<Fact>]
let ``a batch in two joined parts is the whole batch`` () =
    Oracle.forAll products (fun sizes ->
        use _scope = torch.NewDisposeScope()
        let G = factor { sizes with Parts = 1; Points = 5 }
        let halves = split 2L G
        Assert.Equal(2, halves.Parts.Length)
        Oracle.agreesWith Tolerance.rounding (dense G) (FisherFactor.dense halves)
        let v = vector G.Shapes

        Oracle.agrees
            Tolerance.rounding
            ((dense G * flatten v).ToArray())
            ((flatten (FisherFactor.times (FisherFactor.transposeTimes v halves) halves)).ToArray()))

let private refused (parts: string list) (action: unit -> obj) =
    let error = Oracle.raises<ArgumentException>(action >> ignore)

    for part in parts do
        Assert.Contains(part, error.Message)

/// A factor of one layer [4; 3] with 5 data points and 3 columns each.
let private some () =
    factor {
        Seed = 1
        Points = 5
        PerPoint = 3
        Parts = 1
        Layers = [
            {
                Form = Rows
                Groups = 2
                Outputs = 2
                Inputs = 3
                Positions = 2
            }
        ]
    }

[<Fact>]
let ``what does not fit is refused with both shapes`` () =
    use _scope = torch.NewDisposeScope()
    let G = some ()
    let v = [| Networks.normal [ 3; 4 ] |]

    let one factor =
        FisherFactor.ofColumns { Layers = [| factor |]; Weight = 1.0 }

    let other = one (LayerFactor.Columns(Networks.normal [ 2; 4; 4 ]))
    refused [ "v must"; "[4; 3]"; "[3; 4]" ] (fun () -> FisherFactor.transposeTimes v G)
    refused [ "1 matrices"; "got 2" ] (fun () -> FisherFactor.transposeTimes [| v[0]; v[0] |] G)
    refused [ "w must be [15]"; "[14]" ] (fun () -> FisherFactor.times (Networks.normal [ 14 ]) G)
    refused [ "[4; 3]"; "[4; 4]" ] (fun () -> FisherFactor.join [| G; other |])
    refused [ "[4; 3]"; "[4; 4]" ] (fun () -> FisherFactor.crossGram G other)
    refused [ "[4; 3]"; "[3; 3]" ] (fun () -> FisherFactor.weighted [| Networks.normal [ 3; 3 ] |] G)
    refused [ "1 matrices"; "got 0" ] (fun () -> FisherFactor.weighted [||] G)
    refused [ "of 1 layers"; "got 1" ] (fun () -> FisherFactor.layer 1 G)
    refused [ "at least 1" ] (fun () -> FisherFactor.join [||])
    refused [ "at least 1" ] (fun () -> FisherFactor.ofColumns { Layers = [||]; Weight = 1.0 })
    refused [ "-1" ] (fun () -> FisherFactor.scale -1.0 G)

[<Fact>]
let ``layers whose columns do not fit one another are refused`` () =
    use _scope = torch.NewDisposeScope()
    let A = Activations.Rows(Networks.normal [ 2; 5; 3; 4 ])

    let product (shape: int list) =
        LayerFactor.Product(A, Networks.normal shape)

    let of' layers () =
        FisherFactor.ofColumns { Layers = layers; Weight = 1.0 } |> box

    let good = product [ 2; 5; 3; 1 ]
    of' [| good; product [ 2; 5; 3; 2 ] |] () |> ignore

    for bad in [ [ 1; 5; 3; 1 ]; [ 2; 7; 3; 1 ]; [ 2; 5; 2; 1 ]; [ 2; 5; 3 ] ] do
        let text = bad |> List.map string |> String.concat "; "
        refused [ "layer 1"; "[2; c n; 3; d_out/g]"; "n = 5"; text ] (of' [| good; product bad |])

    refused [ "5 columns"; "got 10"; "layer 1" ] (of' [| good; product [ 2; 10; 3; 1 ] |])
    refused [ "[m; d_out; d_in]"; "[5; 3]" ] (of' [| LayerFactor.Columns(Networks.normal [ 5; 3 ]) |])

    refused
        [ "Float64"; "Float32" ]
        (of' [|
            LayerFactor.Product(A, (Networks.normal [ 2; 5; 3; 1 ]).``to`` torch.ScalarType.Float32)
        |])

[<Fact>]
let ``types are not mixed`` () =
    use _scope = torch.NewDisposeScope()
    let G = some ()
    let single = map single32 G
    refused [ "Float64"; "Float32" ] (fun () -> FisherFactor.transposeTimes (vector G.Shapes) single)
    refused [ "Float64"; "Float32" ] (fun () -> FisherFactor.join [| G; single |])
    refused [ "Float64"; "Float32" ] (fun () -> FisherFactor.crossGram G single)

    refused [ "Float64"; "Float32" ] (fun () ->
        FisherFactor.weighted [| single32 (Networks.normal [ 4; 3 ]) |] G)

[<Fact>]
let ``a dense matrix beyond 4 GB is refused with the bytes that it would take`` () =
    use _scope = torch.NewDisposeScope()

    let A, E = Networks.normal [ 1; 1; 1; 30000 ], Networks.normal [ 1; 1; 1; 1 ]

    let G =
        FisherFactor.ofColumns {
            Layers = [| LayerFactor.Product(Activations.Rows A, E) |]
            Weight = 1.0
        }

    refused [ "30000 weights"; "7200000000 bytes"; "4 GB"; "products" ] (fun () -> FisherFactor.dense G)
