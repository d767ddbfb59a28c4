using Foof.Cli.Data;
using Foof.Cli.Training;
using Foof.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>A recurrent network that reads an image row by row, and tells the class from its last state.</summary>
internal sealed class RowNetwork : nn.Module<Tensor, Tensor>
{
    private readonly RecurrentLayer recurrence;
    private readonly Linear head;

    private RowNetwork(RecurrentLayer recurrence, int width, int classes)
        : base(nameof(RowNetwork))
    {
        this.recurrence = recurrence;
        head = nn.Linear(width, classes);
        RegisterComponents();
    }

    /// <summary>Makes one for images of a shape, whose weights start as TorchSharp's do.</summary>
    internal static nn.Module<Tensor, Tensor> Build(TrainingSettings settings, ImageShape shape)
    {
        var (inputs, width) = (shape.Channels * shape.Columns, settings.Width!.Value);
        RecurrentLayer recurrence = settings.Cell switch
        {
            "rnn" => new Rnn(inputs, width),
            "gru" => new Gru(inputs, width),
            _ => new Lstm(inputs, width),
        };
        return new RowNetwork(recurrence, width, shape.Classes);
    }

    /// <summary>The classes' scores after the last row.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var states = recurrence.call(input.transpose(1, 2).flatten(2));
        return scope.MoveToOuter(head.call(states.select(1, -1)));
    }
}
