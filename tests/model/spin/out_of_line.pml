/* The owner-word ring whose messages lie in blocks beside it (block_producer.hpp, blocks.hpp). A producer takes a block
   (pc[b] names its holder), fills it, and publishes by one CAS FREE -> READY{b}: so it never holds a slot. A consumer takes the
   slot with its block, moves the block into its own name, frees the slot, frees the block. One STEP = one shared access, and a
   participant may die at each; RSTEP the same of a recoverer. Hints are stale by anything. To run it: the head of owr.pml.

   NP, NC, MSGS, CRASH, RCRASH, NREC as there; NB blocks.

   Asserted: every position is claimed and taken in order, once; FULL and EMPTY are exact; a message is delivered whole, once, or
   again and flagged; in the end every slot and every block is free, everything committed delivered, everybody alive.

   Exhausted, no error (states):                      Must fail (NP=1 NC=1 MSGS=2 CRASH=1 NREC=1):
   NP=1 NC=1 MSGS=2 CRASH=1 RCRASH=1 NREC=1   34 252   NOROOM_BLOCK  the seventh flaw of the first draft: lap:40, tries:4,
   NP=2 NC=1 MSGS=1 CRASH=1 NREC=1           161 857       generation:5, owner:12, state:3 leave no bit for the block, so what
   NP=1 NC=2 MSGS=1 CRASH=1 NREC=1            93 491       is inherited is another's message
                                                    NOROOM_OWNER  the block in the owner's place: nobody can say whose it was
                                                    BLOCKFIRST  the block is freed before its slot
                                                    NOMOVE  a consumer that does not take the block into its own name
                                                    NORINGCHECK  recovery frees a block that a slot still names
*/
#if defined(NOROOM_BLOCK)
#define HELD(l,rd,b,g,o,s) W(l,rd,0,g,o,s)
#elif defined(NOROOM_OWNER)
#define HELD(l,rd,b,g,o,s) W(l,rd,b,0,0,s)
#else
#define HELD(l,rd,b,g,o,s) W(l,rd,b,g,o,s)
#endif
#define NSLOT 2
#define KB 1
#ifndef NB
#define NB 3
#endif
#define NPART (NP+NC)
#define FREE 0
#define READY 2
#define TAKEN 3
#define ORPHAN 5
#define W(l,rd,b,g,o,s) (((l)<<11)|((rd)<<10)|((b)<<8)|((g)<<6)|((o)<<3)|(s))
#define LAP(w) ((w)>>11)
#define RD(w) (((w)>>10)&1)
#define BLK(w) (((w)>>8)&3)
#define GEN(w) (((w)>>6)&3)
#define OWN(w) (((w)>>3)&7)
#define ST(w) ((w)&7)
#define IX(p) ((p)&(NSLOT-1))
#define LP(p) ((p)>>KB)
#define POS(w,i) ((LAP(w)<<KB)|(i))
#define HOLD(i,g) ((((g)&3)<<3)|(i))+1
#define DEAD(j) (rst[j]!=0 && !alive[j])
short word[NSLOT];
byte pc[NB], blk[NB], cm[NSLOT];
byte rst[NPART], rgen[NPART]; bit alive[NPART]; bit dirty[NPART];
byte T, H, nxt[NP], status[NP*MSGS+1], crashes=CRASH, rcrashes=RCRASH, orphans;
inline DIRTY() { byte z; z=0; do :: z<NPART -> dirty[z]=1; z++ :: else -> break od; z=0 }
#define STEP(...) if :: atomic { __VA_ARGS__ } :: atomic { crashes>0 -> crashes--; goto crashed } fi
#define RSTEP(...) if :: atomic { __VA_ARGS__ } :: atomic { rcrashes>0 -> rcrashes--; goto rc } fi

proctype P(byte me) {
  byte p, m, g, b; short w;
start:
  atomic { rst[me]==0 -> rst[me]=1; alive[me]=1; g=rgen[me]&3 }
next:
  atomic { if :: nxt[me]<MSGS -> nxt[me]++; m=me*MSGS+nxt[me] :: else -> p=0;m=0;w=0;b=0; goto done fi }
alloc:
  STEP( dirty[me]=0; b=0 );
al2:
  STEP( if :: pc[b]==0 -> pc[b]=HOLD(me,g); DIRTY() :: pc[b]!=0 && b<NB-1 -> b++; goto al2 :: else -> b=0; goto noblk fi );
  STEP( blk[b]=m );
retry:
  STEP( dirty[me]=0; p=0; do :: p<T -> p++ :: break od );
load:
  STEP( w=word[IX(p)];
    if :: LAP(w)==LP(p) && ST(w)==FREE -> skip
       :: LAP(w)==LP(p) && ST(w)!=FREE -> p++; goto load
       :: LAP(w)>LP(p) -> p=POS(w,IX(p)); if :: ST(w)==FREE -> p=p-NSLOT+1 :: else -> p=p+1 fi; goto load
       :: LAP(w)<LP(p) -> assert(T==p && LAP(w)==LP(p)-1 && ST(w)!=FREE); p=0; w=0; goto isfull
    fi );
  STEP( if :: word[IX(p)]==w -> word[IX(p)]=W(LP(p),0,b,0,0,READY); w=0; assert(p==T); T++; status[m]=1; cm[IX(p)]=m; b=0; p=0; DIRTY(); goto next
           :: else -> goto load fi );
isfull:
  atomic { dirty[me] -> goto retry };
noblk:
  atomic { dirty[me] -> goto alloc };
crashed:
  atomic { alive[me]=0; p=0; m=0; w=0; g=0; b=0; DIRTY(); goto start };
done: skip
}

proctype C(byte me) {
  byte p, s, g, e, seen, b; short w; bit rd, inh;
start:
  atomic { rst[me]==0 -> rst[me]=1; alive[me]=1; g=rgen[me]&3; seen=255 }
retry:
  STEP( dirty[me]=0; e=orphans; if :: e!=seen -> s=0 :: else -> e=0; goto hint fi );
oscan:
  if :: s==NSLOT -> atomic { s=0; seen=e; e=0; goto hint }
     :: else fi;
  STEP( w=word[s]; if :: ST(w)==ORPHAN -> skip :: else -> s++; w=0; goto oscan fi );
  STEP( if :: word[s]==w -> word[s]=HELD(LAP(w),1,BLK(w),g,me,TAKEN); p=POS(w,s); b=BLK(w); w=0; rd=1; inh=1; DIRTY(); goto deliver
           :: else -> w=0; goto oscan fi );
hint:
  STEP( p=0; do :: p<H -> p++ :: break od );
load:
  STEP( w=word[IX(p)];
    if :: LAP(w)==LP(p) ->
         if :: ST(w)==READY -> skip
            :: ST(w)==TAKEN || ST(w)==ORPHAN -> p++; goto load
            :: ST(w)==FREE -> assert(H==p && T==p); p=0; w=0; goto idle
         fi
       :: LAP(w)>LP(p) -> p=POS(w,IX(p)); if :: ST(w)==TAKEN || ST(w)==ORPHAN -> p=p+1 :: else -> p=p-NSLOT+1 fi; goto load
       :: LAP(w)<LP(p) -> assert(H==p && T==p); p=0; w=0; goto idle
    fi );
  STEP( if :: word[IX(p)]==w -> word[IX(p)]=HELD(LP(p),RD(w),BLK(w),g,me,TAKEN); b=BLK(w); rd=RD(w); assert(p==H); H++; w=0; DIRTY()
           :: else -> goto load fi );
deliver:
  STEP( assert(blk[b]==cm[IX(p)]);
        assert(status[cm[IX(p)]]==1 || (rd && status[cm[IX(p)]]==2)); status[cm[IX(p)]]=2 );
#ifdef BLOCKFIRST
  STEP( pc[b]=0; DIRTY() );
  STEP( assert(word[IX(p)]==HELD(LP(p),rd,b,g,me,TAKEN)); word[IX(p)]=W(LP(p)+1,0,0,0,0,FREE); DIRTY() );
#else
#ifndef NOMOVE
  STEP( pc[b]=HOLD(me,g) );
#endif
  STEP( assert(word[IX(p)]==HELD(LP(p),rd,b,g,me,TAKEN)); word[IX(p)]=W(LP(p)+1,0,0,0,0,FREE); DIRTY() );
#ifndef NOMOVE
  STEP( assert(pc[b]==HOLD(me,g)); pc[b]=0; DIRTY() );
#else
  STEP( pc[b]=0; DIRTY() );
#endif
#endif
  atomic { inh=0; rd=0; p=0; s=0; e=0; b=0; goto retry };
idle:
  atomic { dirty[me] -> goto retry };
crashed:
  atomic { alive[me]=0; p=0;s=0;g=0;e=0;seen=0;b=0;w=0;rd=0;inh=0; DIRTY(); goto start }
}

proctype R() {
  byte i, s, g, b; short w; bit orph;
r0:
  atomic { if :: DEAD(0) -> i=0 :: DEAD(1) -> i=1
#if NPART>2
    :: DEAD(2) -> i=2
#endif
#if NPART>3
    :: DEAD(3) -> i=3
#endif
    fi; g=rgen[i] }
  RSTEP( if :: rgen[i]==g && rst[i]==1 -> rst[i]=2 :: rgen[i]==g && rst[i]==2 -> skip :: else -> goto rc0 fi );
scan:
  if :: s==NSLOT -> goto pool :: else fi;
rl:
  RSTEP( w=word[s];
    if :: OWN(w)==i && (GEN(w)==(g&3)) && ST(w)==TAKEN -> skip
       :: else -> if :: ST(w)==ORPHAN -> orph=1 :: else fi; s++; w=0; goto scan fi );
  RSTEP( if :: rgen[i]==g && rst[i]==2 -> skip :: else -> goto rc0 fi );
  RSTEP( if :: word[s]==w && ST(w)==TAKEN -> word[s]=W(LAP(w),RD(w),BLK(w),0,0,ORPHAN); orph=1; s++; w=0; DIRTY(); goto scan
            :: else -> w=0; goto rl fi );
pool:
  atomic { b=0; s=0 };
pl:
  if :: b==NB -> atomic { b=0; s=0; goto fin } :: else fi;
  RSTEP( if :: pc[b]==HOLD(i,g) -> s=0 :: else -> b++; goto pl fi );
#ifndef NORINGCHECK
pr:
  if :: s==NSLOT -> goto pfree :: else fi;
  RSTEP( w=word[s]; if :: ST(w)!=FREE && BLK(w)==b -> w=0; s=0; b++; goto pl :: else -> w=0; s++; goto pr fi );
#endif
pfree:
  RSTEP( if :: rgen[i]==g && rst[i]==2 -> skip :: else -> goto rc0 fi );
  RSTEP( if :: pc[b]==HOLD(i,g) -> pc[b]=0; DIRTY() :: else fi; b++; s=0; goto pl );
fin:
  RSTEP( if :: orph -> orphans++; DIRTY() :: else fi );
  RSTEP( if :: rgen[i]==g && rst[i]==2 -> rst[i]=0; rgen[i]=g+1 :: else fi );
rc:
rc0:
  atomic { i=0; s=0; g=0; w=0; b=0; orph=0; goto r0 }
}

init {
  atomic {
    byte i;
    i=0; do :: i<NP -> run P(i); i++ :: else -> break od;
    do :: i<NPART -> run C(i); i++ :: else -> break od;
    i=0; do :: i<NREC -> run R(); i++ :: else -> break od; i=0
  }
  atomic { timeout ->
    byte k;
    k=0; do :: k<NSLOT -> assert(ST(word[k])==FREE); k++ :: else -> break od;
    k=0; do :: k<NB -> assert(pc[k]==0); k++ :: else -> break od;
    assert(T==H);
    k=0; do :: k<NP -> assert(nxt[k]==MSGS); k++ :: else -> break od;
    k=1; do :: k<=NP*MSGS -> assert(status[k]!=1); k++ :: else -> break od;
    k=0; do :: k<NPART -> assert(rst[k]==1 && alive[k]); k++ :: else -> break od
  }
}
