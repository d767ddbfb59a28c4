using System.Globalization;
using System.Runtime.CompilerServices;

namespace TorchSharp.Modules;

/// <summary>Modules one after another: each gets its predecessor's output.</summary>
public class Sequential : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    /// <summary>The modules in their order, named 0, 1, 2 and so on.</summary>
    protected internal Sequential(params torch.nn.Module<torch.Tensor, torch.Tensor>[] modules)
        : base(nameof(Sequential))
    {
        foreach (var module in modules)
            append(module);
    }

    /// <summary>The modules in their order, with names.</summary>
    protected internal Sequential(
        params (string name, torch.nn.Module<torch.Tensor, torch.Tensor> submodule)[] modules
    )
        : base(nameof(Sequential))
    {
        foreach (var (name, module) in modules)
            append(name, module);
    }

    /// <summary>How many modules there are.</summary>
    public int Count => OwnModules.Count;

    /// <summary>The module at a place.</summary>
    [IndexerName("SequentialItems")]
    public torch.nn.IModule<torch.Tensor, torch.Tensor> this[int index] => At(index);

    /// <summary>
    /// The modules from start (null: the first) to before end (null: the last), not copied.
    /// </summary>
    [IndexerName("SequentialItems")]
    public Sequential this[(int? start, int? end) index] => this[(index.start ?? 0)..(index.end ?? Count)];

    /// <summary>The modules of a range, not copied.</summary>
    [IndexerName("SequentialItems")]
    public Sequential this[Range index]
    {
        get
        {
            var (start, length) = index.GetOffsetAndLength(Count);
            var slice = new Sequential(Array.Empty<torch.nn.Module<torch.Tensor, torch.Tensor>>());
            for (var i = start; i < start + length; i++)
                slice.append(OwnModules.GetAt(i).Key, At(i));
            return slice;
        }
    }

    /// <summary>Adds a module at the end and returns the sequence.</summary>
    public Sequential append(string name, torch.nn.IModule<torch.Tensor, torch.Tensor> module)
    {
        register_module(name, (torch.nn.Module)module);
        return this;
    }

    /// <summary>Adds a module at the end, named after its place, and returns the sequence.</summary>
    public Sequential append(torch.nn.IModule<torch.Tensor, torch.Tensor> module) =>
        append(Count.ToString(CultureInfo.InvariantCulture), module);

    /// <summary>
    /// The last module's output. The activations in between are disposed as soon as the next module has run:
    /// a hook that wants to keep one must keep an <c>alias()</c> or a <c>detach()</c> of it.
    /// </summary>
    public override torch.Tensor forward(torch.Tensor input)
    {
        if (Count == 0)
            return input.alias();
        var current = input;
        for (var i = 0; i < Count; i++)
        {
            var next = At(i).call(current);
            if (!ReferenceEquals(current, input) && !ReferenceEquals(current, next))
                current.Dispose();
            current = next;
        }
        return current;
    }

    /// <summary>Nothing: the modules of the sequence are its only components.</summary>
    protected override void RegisterComponents() { }

    private torch.nn.IModule<torch.Tensor, torch.Tensor> At(int index) =>
        (torch.nn.IModule<torch.Tensor, torch.Tensor>)OwnModules.GetAt(index).Value;
}
