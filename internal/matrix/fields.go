package matrix

// EveryField describes an entity that has a field of every type, with and without a value, and of every kind of modifier.
var EveryField = []string{
	"number:string:2..20:pattern=^[A-Z]+-[0-9]+$", "select:string:optional", "country:string:2..2:default=GB",
	"note:text:optional", "quantity:int:1..1000", "count:int", "retries:int:optional:0..", "level:int:..5:default=3",
	"ratio:float:0..1", "weight:float:optional", "total:decimal:0..1000000", "tax:decimal:optional", "paid:bool", "gift:bool:optional",
	"active:bool:default=true", "issued_at:timestamp", "paid_at:timestamp:optional", "due:date", "shipped_on:date:optional",
	"customer_id:uuid", "partner_id:uuid:optional", "state:enum:draft,sent,in-transit", "channel:enum:web,shop:optional",
}
