module Foof.Core.Tests.EmbeddingTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Embeddings
open Foof.Core.Tests.LayerContract
open FsCheck.FSharp
open TorchSharp

let private bounded (size: float) =
    let model = torch.nn.Embedding(6L, 3L, max_norm = 1.0, scale_grad_by_freq = true, dtype = Networks.double)

    use _quiet = torch.no_grad ()
    model.weight.copy_ (Networks.normal [ 6; 3 ] * size) |> ignore
    model

/// Numbers of one to three dimensions, every padding, both types.
let private cases =
    gen {
        let! dimensions = Gen.choose (1, 3)
        let! shape = Gen.listOfLength dimensions (Gen.choose (1, 5))
        let! padding = Gen.elements [ None; Some 0L; Some 2L; Some -1L ]
        let! kind = Gen.elements [ torch.ScalarType.Float32; Networks.double ]
        return shape, padding, kind
    }

[<Tests>]
let tests =
    testList "Layers.Embedding" [
        Holds.forAll
            "an embedding keeps the contract with any dimensions, padding and type"
            cases
            (fun (shape, padding, kind) ->
                use _scope = torch.NewDisposeScope()
                holds (embedding padding kind) (numbers shape) shape.Head (List.fold (*) 1 shape.Tail))

        test "a single index is a batch of one, and indices may have 32 bits" {
            use _scope = torch.NewDisposeScope()
            holds (embedding None Networks.double) (numbers []) 1 1
            holds (embedding (Some 3L) Networks.double) ((numbers [ 4; 3 ]).``to`` torch.ScalarType.Int32) 4 3
        }

        test "W is the table's transpose" {
            use _scope = torch.NewDisposeScope()
            let layer = only (embedding None Networks.double)

            Expect.equal [| Layer.groups layer; Layer.inputs layer; Layer.outputs layer |] [| 1L; 6L; 3L |] "the result"

            let W = Layer.joined layer layer.Weight ValueNone
            Oracle.agreesWith 0.0 ((Dense.ofTensor layer.Weight).Transpose()) W
        }

        test "padding has rows of zeros in every product" {
            use _scope = torch.NewDisposeScope()
            let _, activations, rows = padded ()
            let dense = Activations.dense Networks.double activations
            Oracle.agreesWith 0.0 rows (dense.flatten (0L, 2L))
            let gram = Activations.gram activations activations Networks.double
            Oracle.agreesWith 0.0 (rows * rows.Transpose()) (gram.squeeze 0L)
            let mixed = Activations.gram (Activations.rows dense) activations Networks.double
            Oracle.agreesWith 0.0 (rows * rows.Transpose()) (mixed.squeeze 0L)
            let V = Networks.normal [ 1; 4; 6 ]
            let times = (Activations.times V activations).reshape(6L, 4L)
            Oracle.agreesWith Tolerance.rounding (rows * (Dense.ofTensor (V.squeeze 0L)).Transpose()) times
            let E = Networks.normal [ 1; 2; 3; 4 ]
            let gradient = (Activations.gradient E activations).squeeze 0L

            Oracle.agreesWith Tolerance.rounding ((Dense.ofTensor (E.reshape (6L, 4L))).Transpose() * rows) gradient
        }

        test "padding counts in no statistic and in no norm" {
            use _scope = torch.NewDisposeScope()
            let _, activations, rows = padded ()

            for positions, scale in [ Positions.Summed, 2.0; Positions.Averaged, 6.0 ] do
                let counts = Statistic.activations positions Networks.double activations
                let moment = (rows.Transpose() * rows).Divide scale
                Oracle.agrees Tolerance.rounding (moment.Diagonal().ToArray()) (Dense.values counts)

            let sizes = [| for row in rows.EnumerateRows() -> row * row |]
            Oracle.agrees 0.0 sizes (Dense.values (Activations.squaredNorms Networks.double activations))

            // One position a data point: number 2, which is padding, and number 5.
            let single = Activations.Indices(torch.tensor([| 6L; 5L |]).unsqueeze 1L, 6L)
            let E = Networks.normal [ 1; 4; 1; 3 ]

            let errors =
                (Dense.ofTensor (E.reshape (4L, 3L))).EnumerateRows() |> Seq.map (fun row -> row * row) |> Seq.toArray

            let norms = LayerFactor.squaredNorms (LayerFactor.Product(single, E))
            Oracle.agrees Tolerance.rounding [| 0.0; errors[1]; 0.0; errors[3] |] (Dense.values norms)
        }

        test "padding stays padding when positions or data points are joined" {
            use _scope = torch.NewDisposeScope()
            let _, activations, rows = padded ()
            let joined = Activations.joinDataPoints [| activations; activations |]

            Oracle.agreesWith 0.0 (rows.Stack rows) ((Activations.dense Networks.double joined).flatten(0L, 2L))
        }

        test "a row of padding that is not zero counts as a constant, not as weight" {
            use _scope = torch.NewDisposeScope()
            let model = embedding (Some 2L) Networks.double
            let table = Networks.normal [ 6; 3 ]
            model.weight <- torch.nn.Parameter(table.clone ())
            let layer = only model
            let index = torch.tensor [| 2L; 4L |]

            let z =
                Layer.activations layer index
                |> Activations.times ((Layer.joined layer layer.Weight ValueNone).unsqueeze 0L)

            let expected = Array.append (Array.zeroCreate 3) (Dense.values (table.select (0L, 4L)))

            Oracle.agrees 0.0 expected (Dense.values z)
        }

        test "the padding is found wherever it is, in every type" {
            use _scope = torch.NewDisposeScope()

            for kind in [ Networks.double; torch.ScalarType.Float32; torch.ScalarType.BFloat16 ] do
                Expect.equal (Lookup.padding (embedding None kind)) (Ok ValueNone) "an embedding without padding"

                for row in 0L .. 5L do
                    Expect.equal
                        (Lookup.padding (embedding (Some row) kind))
                        (Ok(ValueSome row))
                        "the row that stands for padding"

                Expect.equal
                    (Lookup.padding (embedding (Some -2L) kind))
                    (Ok(ValueSome 4L))
                    "a row counted from the end"

            Expect.equal (Lookup.padding (torch.nn.Embedding(1L, 2L))) (Ok ValueNone) "a table of one row"

            Expect.equal
                (Lookup.padding (torch.nn.Embedding(1L, 2L, padding_idx = 0L)))
                (Ok(ValueSome 0L))
                "the padding"

            Expect.equal (Lookup.padding (torch.nn.Embedding(300L, 1L))) (Ok ValueNone) "a table of many rows"

            Expect.equal
                (Lookup.padding (torch.nn.Embedding(300L, 1L, padding_idx = -1L)))
                (Ok(ValueSome 299L))
                "the padding"
        }

        test "a table whose rows are shortened by lookups is recognised, however short its rows are" {
            for size in [ 1e-3; 10.0 ] do
                Expect.equal
                    (Lookup.padding (bounded size))
                    (Error "its rows are shortened to max_norm when they are looked up")
                    "the padding of bounded size"
        }

        test "recognising it leaves table, gradient and live tensors as they were, in any mode of autograd" {
            let models = [
                embedding (Some 3L) Networks.double
                bounded 10.0
                torch.nn.Embedding(6L, 3L, sparse = true, dtype = Networks.double)
            ]

            for model in models do
                use _scope = torch.NewDisposeScope()
                let table = model.get_parameter "weight"
                table.grad <- Networks.normal [ 6; 3 ]
                let before = Dense.values table, Dense.values table.grad
                use _quiet = torch.no_grad ()
                let live = torch.Tensor.TotalCount
                Lookup.padding model |> ignore
                Expect.equal torch.Tensor.TotalCount live "the number of live tensors"
                Expect.equal (Dense.values table, Dense.values table.grad) before "the table's gradient"
        }

        test "a table that TorchSharp lists and does not use is plain" {
            let model = torch.nn.Embedding_from_pretrained(Networks.normal [ 6; 3 ], false, padding_idx = 2L)

            match Lookup.padding model with
            | Error reason -> Expect.stringStarts reason "lookups do not use it" "the reason"
            | found -> failtest $"found {found}"

            // Set through the property, the module has one table, which is listed.
            model.weight <- torch.nn.Parameter(Networks.normal [ 6; 3 ])
            Expect.equal ((only model).Geometry) (ValueSome 2L |> Geometry.Lookup) "the geometry of the layer"
        }
    ]
