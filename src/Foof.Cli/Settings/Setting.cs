using System.CommandLine;
using System.CommandLine.Parsing;
using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using Foof.Cli.Commands;

namespace Foof.Cli.Settings;

/// <summary>One thing that can be set on the command line.</summary>
/// <param name="Name">The option: <c>--batch-size</c>.</param>
/// <param name="Form">How its value is written; null: it is a flag without a value.</param>
/// <param name="Help">The option's description.</param>
internal abstract record Setting(string Name, Form<object>? Form, string Help)
{
    /// <summary>The option for the parser.</summary>
    internal Option ToOption()
    {
        if (Form is not { } form)
            return new Option<bool>(Name) { Description = Help };
        var option = new Option<object?>(Name)
        {
            Description = Help + form.Suffix,
            HelpName = form.ValueName,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => Parsed(form, result),
        };
        if (form.IsList)
            option.CompletionSources.Add(context => Completions.Next(context, form.Words));
        else if (form.Words.Count > 0)
            option.CompletionSources.Add([.. form.Words]);
        return option;
    }

    private object? Parsed(Form<object> form, ArgumentResult result)
    {
        try
        {
            return form.Read(Name, result.Tokens[0].Value);
        }
        catch (CommandFailure failure)
        {
            result.AddError(failure.Message);
            return null;
        }
    }
}

/// <summary>
/// A row of a table of settings. It belongs to a property of <typeparamref name="R"/>, and the option has that name: the row of
/// <c>BatchSize</c> is <c>--batch-size</c>.
/// </summary>
internal sealed record Setting<R> : Setting
{
    private readonly PropertyInfo property;
    private readonly Default<R, object>? byDefault;
    private bool isFoundLater;
    private string absent = "none";

    private Setting(PropertyInfo property, Form<object>? form, string help, Default<R, object>? byDefault)
        : base($"--{JsonNamingPolicy.KebabCaseLower.ConvertName(property.Name)}", form, help) =>
        (this.property, this.byDefault) = (property, byDefault);

    /// <summary>Its heading in a report; null: reports do not show it.</summary>
    internal string? Column { get; private init; }

    /// <summary>Whether a run that is resumed may have another value.</summary>
    internal bool MayChange { get; private init; }

    /// <summary>Whether it has an effect beside the other settings.</summary>
    internal Func<R, bool> Applies { get; private init; } = _ => true;

    /// <summary>A sentence where it contradicts other settings; null where it does not.</summary>
    internal Func<R, string?> Contradiction { get; private init; } = _ => null;

    /// <summary>A setting that always has a value.</summary>
    internal static Setting<R> Of<T>(
        Expression<Func<R, T>> property,
        Form<T> form,
        string help,
        Default<R, T> byDefault
    ) =>
        new(
            Member(property),
            form.Boxed(),
            WithDefault(help, byDefault.Text ?? form.Show(byDefault.Of(default!))),
            new(settings => byDefault.Of(settings)!, byDefault.Text, byDefault.IsConstant)
        );

    /// <summary>A number or a kind that may be left out; help says what happens then.</summary>
    internal static Setting<R> Optional<T>(
        Expression<Func<R, T?>> property,
        Form<T> form,
        string help,
        string? otherwise = null
    )
        where T : struct => new(Member(property), form.Boxed(), WithDefault(help, otherwise), null);

    /// <summary>A text that may be left out; help says what happens then.</summary>
    internal static Setting<R> Optional<T>(
        Expression<Func<R, T?>> property,
        Form<T> form,
        string help,
        string? otherwise = null
    )
        where T : class => new(Member(property), form.Boxed(), WithDefault(help, otherwise), null);

    /// <summary>A setting that is on where its option is given.</summary>
    internal static Setting<R> Flag(Expression<Func<R, bool>> property, string help) =>
        new(Member(property), null, help, null);

    /// <summary>Reports show it under this heading.</summary>
    internal Setting<R> InReports(string column) => this with { Column = column };

    /// <summary>It decides no number of the run, so that a run which is resumed may have another value.</summary>
    internal Setting<R> Changeable() => this with { MayChange = true };

    /// <summary>It has an effect only beside some settings.</summary>
    internal Setting<R> Where(Func<R, bool> applies) => this with { Applies = applies };

    /// <summary>It contradicts some settings.</summary>
    /// <param name="sentence">The message about them; null where there is no contradiction.</param>
    internal Setting<R> Unless(Func<R, string?> sentence) => this with { Contradiction = sentence };

    /// <summary>Messages write this where nothing is set.</summary>
    internal Setting<R> OrElse(string words) => this with { absent = words };

    /// <summary>A file may hold any name: whoever looks for it has a better message.</summary>
    internal Setting<R> FoundLater() => this with { isFoundLater = true };

    /// <summary>The value in a record.</summary>
    internal object? Get(R settings) => property.GetValue(settings);

    /// <summary>Puts a value into a new record.</summary>
    internal void Set(R settings, object? value) => property.SetValue(settings, value);

    /// <summary>Puts the default into a new record; or only a default that depends on no other setting.</summary>
    internal void SetDefault(R settings, bool constantsOnly = false)
    {
        if (byDefault is { } one && (one.IsConstant || !constantsOnly))
            Set(settings, one.Of(settings));
    }

    /// <summary>Whether a record that was read from a file can have its value.</summary>
    internal bool IsPossible(R settings) =>
        isFoundLater
        || (
            Get(settings) is { } value
                ? Form is null
                    || Form.IsPossible(value)
                    || (byDefault is { IsConstant: true } one && Equals(value, one.Of(settings)))
                : byDefault is null
        );

    /// <summary>A value as messages write it.</summary>
    internal string Show(object? value) => value is null ? absent : Form?.Show(value) ?? $"{value}";

    private static PropertyInfo Member(LambdaExpression property) =>
        (PropertyInfo)((MemberExpression)property.Body).Member;

    private static string WithDefault(string help, string? text) =>
        text is null ? help : $"{help} [default: {text}]";
}
